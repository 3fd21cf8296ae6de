//! What is valid, and most likely not meant.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use http::Uri;

use super::error::Problem;
use super::{Config, Provider};
use crate::dialect::{AnyDialect, Flavour};

impl Config {
    /// What is valid and most likely not meant, by provider: no key for one that is not on the local network, a key
    /// that goes over the open net in clear, an address without the version that its dialect's paths begin with.
    ///
    /// Only providers that serve a class are looked at. Nothing is asked, so each may be a false alarm; nothing of
    /// a key or of the path of an address is shown.
    ///
    /// ```
    /// use tower_failover::config::Config;
    ///
    /// let config: Config = r#"
    ///     [providers.openai]
    ///     dialect  = "openai-chat"
    ///     base_url = "https://api.openai.com"
    ///     api_key  = "sk-1"
    ///
    ///     [[classes.workhorse.members]]
    ///     provider = "openai"
    ///     model    = "gpt-5-mini"
    /// "#
    /// .parse()?;
    ///
    /// assert!(config.warnings()[0].message().contains("/v1"));
    /// # Ok::<(), tower_failover::config::ConfigError>(())
    /// ```
    #[must_use]
    pub fn warnings(&self) -> Vec<Problem> {
        let serves = |name: &String| {
            self.classes.iter().flat_map(|class| &class.members).any(|member| member.provider == *name)
        };
        let mut warnings = Vec::new();
        for (name, provider) in self.providers.iter().filter(|(name, _)| serves(name)) {
            // It was checked when it was read.
            let Ok(url) = provider.base_url.parse::<Uri>() else { continue };
            let found =
                [without_key(provider, &url), in_clear(provider, &url), without_version(provider, &url)];
            let labelled = |message| Problem::new(None, format!("[providers.{name}] {message}"));
            warnings.extend(found.into_iter().flatten().map(labelled));
        }
        warnings
    }
}

fn without_key(provider: &Provider, url: &Uri) -> Option<String> {
    let host = url.host().filter(|host| !is_near(host))?;
    let is_own_server = matches!(provider.flavour, Flavour::Vllm | Flavour::Ollama);
    (provider.api_key.is_none() && !is_own_server).then(|| {
        format!(
            "has no key, so {host} will most likely refuse its calls; name the variable that holds it, as \
             api_key_env = \"OPENAI_API_KEY\""
        )
    })
}

fn in_clear(provider: &Provider, url: &Uri) -> Option<String> {
    let host = url.host().filter(|host| !is_near(host))?;
    let is_in_clear = url.scheme_str() == Some("http") && provider.api_key.is_some();
    is_in_clear.then(|| {
        format!("sends its key to {host} over plain http, where all on the way can read it; write https:// in base_url")
    })
}

/// OpenAI's SDKs take an address with its version and add `/chat/completions`, where the others add the version.
fn without_version(provider: &Provider, url: &Uri) -> Option<String> {
    let route = match provider.dialect {
        AnyDialect::OpenAiChat(_) => "/chat/completions",
        AnyDialect::OpenAiResponses(_) => "/responses",
        _ => return None,
    };
    let host = url.host()?;
    if url.path().split('/').any(is_version) || !wants_version(provider.flavour, host, url.path()) {
        return None;
    }
    Some(format!(
        "has a base_url without a version, so its calls go to {}{route} at {host} and most likely get a 404; \
         end it in {}, as \"https://api.openai.com/v1\" does",
        if url.path() == "/" { "" } else { "…" },
        version(provider.flavour, host),
    ))
}

/// `v1`, `v1beta`, `v4`.
fn is_version(part: &str) -> bool {
    part.strip_prefix('v').is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit()))
}

/// What is to stand at the end of the address.
fn version(flavour: Flavour, host: &str) -> &'static str {
    match flavour {
        Flavour::Groq => "/openai/v1",
        Flavour::OpenRouter => "/api/v1",
        _ if host == "generativelanguage.googleapis.com" => "/v1beta/openai",
        _ => "/v1",
    }
}

/// Some serve without: DeepSeek and Perplexity do, Azure's older paths name a deployment, and a server of one's own
/// or a path of somebody's proxy may do as it likes.
fn wants_version(flavour: Flavour, host: &str, path: &str) -> bool {
    /// By their references.
    const WITHOUT: [&str; 3] = ["api.deepseek.com", "api.perplexity.ai", "models.inference.ai.azure.com"];
    match flavour {
        Flavour::Azure | Flavour::DeepSeek => false,
        Flavour::Standard => {
            let is_bare = path.trim_matches('/').is_empty() && !is_near(host) && !WITHOUT.contains(&host);
            is_bare || host == "api.openai.com"
        }
        // Theirs all have one.
        _ => true,
    }
}

/// Is it this machine, or on a network of one's own, as far as a name tells?
fn is_near(host: &str) -> bool {
    const OURS: [&str; 8] =
        ["localhost", "local", "internal", "lan", "home", "intranet", "test", "home.arpa"];
    let host = host.trim_start_matches('[').trim_end_matches(']').trim_end_matches('.');
    match host.parse() {
        Ok(IpAddr::V4(address)) => is_near_v4(address),
        Ok(IpAddr::V6(address)) => is_near_v6(address),
        // A name without a dot is one of a container, or of a neighbour.
        Err(_) => !host.contains('.') || OURS.iter().any(|end| is_below(host, end)),
    }
}

fn is_below(host: &str, domain: &str) -> bool {
    let above = host.len().checked_sub(domain.len()).and_then(|at| host.split_at_checked(at));
    above.is_some_and(|(rest, end)| end.eq_ignore_ascii_case(domain) && rest.ends_with('.'))
}

const fn is_near_v4(address: Ipv4Addr) -> bool {
    // RFC 6598: shared by a provider's customers, and what overlay networks hand out.
    let [first, second, ..] = address.octets();
    let is_shared = first == 100 && second & 0xC0 == 64;
    address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || address.is_unspecified()
        || is_shared
}

fn is_near_v6(address: Ipv6Addr) -> bool {
    address.is_loopback()
        || address.is_unspecified()
        || address.is_unique_local()
        || address.is_unicast_link_local()
        || address.to_ipv4_mapped().is_some_and(is_near_v4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_near_is_known_by_its_address_or_its_name() {
        for host in [
            "127.0.0.1",
            "127.1.2.3",
            "10.0.0.7",
            "172.31.0.1",
            "192.168.1.2",
            "169.254.1.1",
            "100.64.0.9",
            "0.0.0.0",
            "[::1]",
            "[fd00::7]",
            "[fe80::1]",
            "[::ffff:10.0.0.1]",
            "localhost",
            "vllm",
            "gpu-3.local",
            "llm.prod.svc.cluster.local",
            "proxy.corp.INTERNAL",
            "localhost.",
        ] {
            assert!(is_near(host), "{host}");
        }
        for host in [
            "api.openai.com",
            "8.8.8.8",
            "172.32.0.1",
            "100.128.0.1",
            "[2001:db8::1]",
            "notlocal.com",
            "mylocal.example",
            "localhost.evil.com",
        ] {
            assert!(!is_near(host), "{host}");
        }
    }

    #[test]
    fn a_version_is_a_v_and_a_digit() {
        assert!(["v1", "v1beta", "v4", "v1beta1"].into_iter().all(is_version));
        assert!(!["", "v", "vllm", "openai", "1"].into_iter().any(is_version));
    }
}
