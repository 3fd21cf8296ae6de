use super::common::{BEYOND_A_MINUTE, COMMON, TOO_LONG_BY_413};
use super::{Rule, Table};
use crate::failure::Class;

/// OpenAI's errors, and those of servers that speak its dialect.
///
/// Source: the vendor's error-code guide and the error types of its official SDKs; the error references of Azure,
/// Groq, Mistral, xAI, DeepSeek, Moonshot, OpenRouter and Together for codes of their own.
pub const OPENAI: Table = Table::new(RULES).and(COMMON, &[]);

const RULES: &[Rule] = &[
    Rule::any(Class::QuotaExhausted).code(&[
        "insufficient_quota",
        "billing_hard_limit_reached",
        "billing_not_active",
        "usage_limit_reached",
        "exceeded_current_quota_error",
        "credit_limit",
    ]),
    Rule::on(&[429], Class::Overloaded)
        .wording(&["currently overloaded", "currently experiencing high demand"]),
    Rule::any(Class::Overloaded).code(&[
        "server_is_overloaded",
        "overloaded_error",
        "engine_overloaded_error",
        "slow_down",
        "service_tier_capacity_exceeded",
        "NoCapacity",
    ]),
    // Before the codes of a rate limit, under which these come as well.
    TOO_LONG_BY_413,
    BEYOND_A_MINUTE,
    Rule::any(Class::RateLimited).code(&[
        "rate_limit_exceeded",
        "rate_limit_error",
        "rate_limit_reached_error",
        // Gemini, where it speaks this dialect. It says the words of an empty balance in every minute.
        "RESOURCE_EXHAUSTED",
    ]),
    Rule::any(Class::ServerError).code(&["server_error", "internal_server_error"]),
    Rule::any(Class::ContextOverflow).code(&[
        "context_length_exceeded",
        "string_above_max_length",
        "exceed_context_size_error",
        "too_many_prompt_tokens",
        "tokens_limit_reached",
    ]),
    // Groq, of what its model wrote: the model erred, and not the caller.
    Rule::on(&[400], Class::InvalidOutput).code(&["tool_use_failed", "json_validate_failed"]),
    Rule::any(Class::ContentPolicy).code(&[
        "content_filter",
        "content_policy_violation",
        "image_content_policy_violation",
        "misalignment_policy_violation",
        "bio_policy",
        "cyber_policy",
        "ResponsibleAIPolicyViolation",
        "moderation_blocked",
        "data_inspection_failed",
    ]),
    Rule::any(Class::ContentPolicy).code(&["invalid_prompt"]).wording(&["flagged"]),
    // OpenRouter, of the moderation before the model.
    Rule::on(&[403], Class::ContentPolicy).wording(&["flagged", "requires moderation"]),
    Rule::any(Class::Auth).code(&[
        "invalid_api_key",
        "authentication_error",
        "invalid_authentication_error",
        "incorrect_api_key_error",
        "account_deactivated",
        "access_terminated",
        "organization_restricted",
        "unsupported_country_region_territory",
    ]),
    Rule::any(Class::ModelGone).code(&[
        "model_not_found",
        "DeploymentNotFound",
        "model_decommissioned",
        "model_not_available",
        "model_permission_blocked_org",
        "model_permission_blocked_project",
        "invalid_model",
        // LiteLLM, of what a key of its may ask.
        "key_model_access_denied",
        "team_model_access_denied",
        "user_model_access_denied",
        "org_model_access_denied",
    ]),
    Rule::any(Class::Unsupported).code(&["OperationNotSupported"]),
    // Of responses that failed, which have no status of their own.
    Rule::any(Class::InvalidRequest).code(&[
        "invalid_prompt",
        "invalid_image",
        "invalid_image_format",
        "invalid_base64_image",
        "invalid_image_url",
        "invalid_image_mode",
        "image_too_large",
        "image_too_small",
        "image_parse_error",
        "image_file_too_large",
        "image_file_not_found",
        "unsupported_image_media_type",
        "empty_image_file",
        "failed_to_download_image",
    ]),
];
