use http::Uri;

use super::model::Provider;
use super::secret::Secret;
use super::section::Section;
use super::settings::Settings;
use super::value::{self, Value};
use crate::dialect::{AnyDialect, Dialect, Flavour};

/// Looks up an environment variable.
pub(super) type Env<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Reads `[providers.NAME]` over the settings of the top level.
pub(super) fn read(mut section: Section<'_>, global: &Settings, env: Env<'_>) -> Provider {
    let remedy = "say which API it speaks, as dialect = \"openai-chat\" (or openai-responses, anthropic-messages, gemini)";
    let dialect = section.require("dialect", remedy, dialect);
    let remedy = "give it the address its official SDK takes, as base_url = \"https://api.openai.com/v1\"";
    let base_url = section.require("base_url", remedy, |value| base_url(value, dialect));
    let flavour = flavour(&mut section, dialect);
    let api_version = api_version(&mut section, flavour);
    let api_key = api_key(&mut section, env);
    let mut settings = global.clone();
    settings.read(&mut section);
    section.close();
    Provider {
        dialect: dialect.unwrap_or(AnyDialect::ALL[0]),
        flavour,
        api_version,
        base_url: base_url.unwrap_or_default(),
        api_key,
        settings,
    }
}

fn dialect(value: &Value<'_>) -> Result<AnyDialect, String> {
    let supported = AnyDialect::ALL.iter().map(|dialect| (dialect.name(), *dialect));
    let supported: Vec<(&str, AnyDialect)> = supported.collect();
    value::choice(value, &supported)
}

fn flavour(section: &mut Section<'_>, dialect: Option<AnyDialect>) -> Flavour {
    let words: Vec<(&str, Flavour)> = Flavour::ALL.iter().map(|flavour| (flavour.name(), *flavour)).collect();
    let flavour = section.read("flavour", |value| {
        let flavour = value::choice(value, &words)?;
        match dialect {
            Some(dialect) if !flavour.is_of(dialect.name()) => {
                let of: Vec<_> =
                    AnyDialect::ALL.iter().map(Dialect::name).filter(|of| flavour.is_of(of)).collect();
                Err(format!(
                    "is `{}`, which is a flavour of {}; the dialect is `{}`",
                    flavour.name(),
                    value::listed(of.into_iter()),
                    dialect.name()
                ))
            }
            _ => Ok(flavour),
        }
    });
    flavour.unwrap_or_default()
}

/// Azure's older paths, which name the deployment, want it; its newer path, `/openai/v1`, does not.
fn api_version(section: &mut Section<'_>, flavour: Flavour) -> Option<String> {
    section.read("api_version", |value| {
        let version = value::text(value)?;
        let is_plain = version.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
        match () {
            () if flavour != Flavour::Azure => {
                Err("is for flavour = \"azure\" only; leave it out".to_owned())
            }
            () if !is_plain => Err("is no version; write it as \"2024-10-21\"".to_owned()),
            () => Ok(version.to_owned()),
        }
    })
}

/// The messages show nothing of the URL, as some have a key in them.
fn base_url(value: &Value<'_>, dialect: Option<AnyDialect>) -> Result<String, String> {
    let text = value::text(value)?.trim_end_matches('/');
    let example = "write it as \"https://api.openai.com/v1\"";
    let url: Uri = text.parse().map_err(|_| format!("is no URL; {example}"))?;
    if !matches!(url.scheme_str(), Some("http" | "https")) {
        return Err(format!("must begin with http:// or https://; {example}"));
    }
    if url.authority().is_some_and(|authority| authority.as_str().contains('@')) {
        return Err("has a user name or password in it; put the credential into api_key_env".to_owned());
    }
    if url.host().is_none_or(str::is_empty) {
        return Err(format!("names no host; {example}"));
    }
    if text.contains(['?', '#']) {
        return Err(
            "has a query or fragment; a path is put after it, so end it before the `?` or `#`".to_owned()
        );
    }
    if let Some(part) = dialect.and_then(|dialect| added_twice(dialect, url.path().trim_end_matches('/'))) {
        return Err(format!("ends in {part}, which this dialect adds itself; leave it out"));
    }
    Ok(text.to_owned())
}

/// What the client puts after a base URL, and this path has already: copied from a vendor's reference, most likely,
/// and a 404 at every call.
fn added_twice(dialect: AnyDialect, path: &str) -> Option<&'static str> {
    let (versions, route): (&[&'static str], _) = match dialect {
        AnyDialect::OpenAiChat(_) => (&[], "/chat/completions"),
        AnyDialect::OpenAiResponses(_) => (&[], "/responses"),
        AnyDialect::AnthropicMessages(_) => (&["/v1"], "/v1/messages"),
        AnyDialect::Gemini(_) => (&["/v1beta", "/v1", "/v1alpha"], "/models"),
    };
    // A version below another path may be a proxy's own.
    versions
        .iter()
        .copied()
        .find(|version| path == *version)
        .or_else(|| path.ends_with(route).then_some(route))
}

fn api_key(section: &mut Section<'_>, env: Env<'_>) -> Option<Secret> {
    let literal = section.read("api_key", |value| secret(value::text(value)?));
    let variable = section.read("api_key_env", |value| from_env(value::text(value)?, env));
    if literal.is_some() && variable.is_some() {
        let label = section.label();
        let message = format!("{label} has both `api_key` and `api_key_env`; keep one of them");
        section.complain(section.place("api_key"), message);
    }
    literal.or(variable)
}

fn from_env(name: &str, env: Env<'_>) -> Result<Secret, String> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if !name.chars().all(is_part) || name.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(
            "is no name of an environment variable; name one, or put the key itself into api_key".to_owned()
        );
    }
    let is_plainly_a_name = !name.contains(|c: char| c.is_ascii_lowercase());
    // Some vendors' keys would pass for names, so only what cannot be one is shown.
    let shown = if is_plainly_a_name { format!("`{name}`") } else { "that".to_owned() };
    match env(name) {
        Some(value) if !value.trim().is_empty() => {
            secret(&value).map_err(|why| format!("names the environment variable {shown}, whose value {why}"))
        }
        _ => Err(format!(
            "names the environment variable {shown}, which is not set; set it to the key, or give api_key"
        )),
    }
}

/// A key travels in a header.
fn secret(value: &str) -> Result<Secret, String> {
    let value = value.trim();
    if value.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(Secret::new(value))
    } else {
        Err("has characters that cannot stand in a header; check that it was copied whole".to_owned())
    }
}
