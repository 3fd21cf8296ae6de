use std::fmt;

use http::header::{AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::InvalidEndpoint;
use crate::facts::Secret;

/// How a provider is told who asks. `Debug` does not show the key.
///
/// A `&str` or a `String` becomes a [`Credential::bearer`].
#[derive(Clone)]
pub struct Credential(Kind);

#[derive(Clone)]
enum Kind {
    None,
    Passthrough,
    Bearer(String),
    Header(String, String),
}

impl Credential {
    /// `authorization: Bearer KEY`: OpenAI and most who speak its dialect.
    #[must_use]
    pub fn bearer(key: impl Into<String>) -> Self {
        Self(Kind::Bearer(key.into()))
    }

    /// A header of its own: `x-api-key` for Anthropic, `api-key` for Azure.
    #[must_use]
    pub fn header(name: impl Into<String>, key: impl Into<String>) -> Self {
        Self(Kind::Header(name.into(), key.into()))
    }

    /// None: nothing is sent that could identify anybody, the caller's own headers included.
    #[must_use]
    pub const fn none() -> Self {
        Self(Kind::None)
    }

    /// The caller's own: whatever the request carries is for the provider.
    ///
    /// For a proxy whose callers bring their keys. Not beside a second provider: it would get them, too.
    #[must_use]
    pub const fn passthrough() -> Self {
        Self(Kind::Passthrough)
    }

    pub(super) fn prepare(&self) -> Result<Prepared, InvalidEndpoint> {
        let (name, value, key) = match &self.0 {
            Kind::None => return Ok(Prepared::Remove),
            Kind::Passthrough => return Ok(Prepared::Keep),
            Kind::Bearer(key) => (AUTHORIZATION, format!("Bearer {}", checked(key)?), key),
            Kind::Header(name, key) => (
                HeaderName::try_from(name).map_err(|_| InvalidEndpoint::CredentialHeader)?,
                checked(key)?.to_owned(),
                key,
            ),
        };
        let mut value = HeaderValue::try_from(value).map_err(|_| InvalidEndpoint::Key)?;
        value.set_sensitive(true);
        Ok(Prepared::Set(name, value, Secret::of(key)))
    }
}

/// A key read from a file often ends in a line break, and is best refused where one can still see why.
fn checked(key: &str) -> Result<&str, InvalidEndpoint> {
    let is_plain = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_graphic());
    if is_plain { Ok(key) } else { Err(InvalidEndpoint::Key) }
}

impl From<&str> for Credential {
    fn from(key: &str) -> Self {
        Self::bearer(key)
    }
}

impl From<String> for Credential {
    fn from(key: String) -> Self {
        Self::bearer(key)
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::None => f.write_str("Credential::none"),
            Kind::Passthrough => f.write_str("Credential::passthrough"),
            Kind::Bearer(_) => f.write_str("Credential::bearer(..)"),
            Kind::Header(name, _) => write!(f, "Credential::header({name:?}, ..)"),
        }
    }
}

/// A credential that is known to fit into a header.
#[derive(Clone)]
pub(super) enum Prepared {
    Remove,
    Keep,
    Set(HeaderName, HeaderValue, Option<Secret>),
}

impl Prepared {
    pub(super) fn secret(&self) -> Option<Secret> {
        match self {
            Self::Set(_, _, secret) => secret.clone(),
            Self::Remove | Self::Keep => None,
        }
    }

    pub(super) fn apply(&self, headers: &mut HeaderMap) {
        static OF_CALLERS: [HeaderName; 6] = [
            AUTHORIZATION,
            PROXY_AUTHORIZATION,
            COOKIE,
            HeaderName::from_static("x-api-key"),
            HeaderName::from_static("api-key"),
            HeaderName::from_static("x-goog-api-key"),
        ];
        if matches!(self, Self::Keep) {
            return;
        }
        for name in &OF_CALLERS {
            headers.remove(name);
        }
        if let Self::Set(name, value, _) = self {
            headers.insert(name.clone(), value.clone());
        }
    }
}
