use std::fmt;
use std::sync::Arc;

use http::uri::{Authority, PathAndQuery, Scheme};
use http::{Uri, header};

use super::credential::Prepared;
use super::{Client, ClientPool, Credential};
use crate::facts::Secret;

/// Where a provider is, and how it is told who asks.
#[derive(Clone)]
#[must_use = "an endpoint does nothing until it is made a service"]
pub struct Endpoint {
    target: Target,
    pool: Option<ClientPool>,
}

/// An endpoint that cannot be: found when it is made, not when it is called.
///
/// Its message names what is wrong and shows neither the URL nor the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidEndpoint {
    /// The base URL is none.
    Url,
    /// Its scheme is neither `https` nor `http`.
    Scheme,
    /// It names no host.
    Host,
    /// It holds a user name or a password: these belong into the credential, as URLs get logged.
    UserInfo,
    /// It has a query or a fragment, to which no path can be appended.
    Query,
    /// The key is empty, or has a byte that a header cannot hold, such as the line break at the end of a file.
    Key,
    /// The name of the credential's header is none.
    CredentialHeader,
    /// A parameter of the query has a character that would have to be escaped.
    Parameter,
}

impl fmt::Display for InvalidEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Url => "the base URL is not a URL",
            Self::Scheme => "the base URL must begin with https:// or http://",
            Self::Host => "the base URL names no host",
            Self::UserInfo => "the base URL holds a user name or password; use a credential instead",
            Self::Query => "the base URL must end with its path: no query, no fragment",
            Self::Key => "the API key is empty, or holds a space, line break or other byte no key has",
            Self::CredentialHeader => "the credential's header name is not a header name",
            Self::Parameter => "a query parameter may hold letters, digits, `-`, `_` and `.` only",
        })
    }
}

impl std::error::Error for InvalidEndpoint {}

impl Endpoint {
    /// The endpoint at `base_url`, as the provider's official SDK takes it: `https://api.openai.com/v1`,
    /// `https://api.anthropic.com`.
    ///
    /// # Errors
    /// If the URL is not one that paths can be appended to, or the key cannot be sent in a header.
    pub fn new(base_url: &str, credential: impl Into<Credential>) -> Result<Self, InvalidEndpoint> {
        let credential = credential.into().prepare()?;
        Ok(Self { target: Target::new(base_url, credential)?, pool: None })
    }

    /// Adds a parameter to the query of every request: `api-version=2024-10-21`, which Azure's older paths want.
    ///
    /// # Errors
    /// If it has a character that would have to be escaped.
    pub fn with_query(mut self, name: &str, value: &str) -> Result<Self, InvalidEndpoint> {
        let is_plain = |text: &str| {
            !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
        };
        if !is_plain(name) || !is_plain(value) {
            return Err(InvalidEndpoint::Parameter);
        }
        let separator = if self.target.query.is_empty() { "" } else { "&" };
        self.target.query.push_str(&format!("{separator}{name}={value}"));
        Ok(self)
    }

    /// Shares the connections of `pool`.
    pub fn with_pool(mut self, pool: &ClientPool) -> Self {
        self.pool = Some(pool.clone());
        self
    }

    #[cfg(test)]
    pub(super) const fn target(&self) -> &Target {
        &self.target
    }

    /// The client. Its clones share one pool of connections.
    #[must_use]
    pub fn into_service(self) -> Client {
        Client::new(self.pool.unwrap_or_default(), Arc::new(self.target))
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint").field("target", &self.target).finish_non_exhaustive()
    }
}

/// A base URL taken apart, and what to add to a request.
#[derive(Clone)]
pub(super) struct Target {
    scheme: Scheme,
    authority: Authority,
    /// Without a slash at its end; often empty.
    base: String,
    /// Added to every query; nearly always empty.
    query: String,
    credential: Prepared,
}

impl Target {
    fn new(base_url: &str, credential: Prepared) -> Result<Self, InvalidEndpoint> {
        let base_url = base_url.trim();
        let scheme = match base_url.split_once("://") {
            Some((scheme, _)) if scheme.eq_ignore_ascii_case("https") => Scheme::HTTPS,
            Some((scheme, _)) if scheme.eq_ignore_ascii_case("http") => Scheme::HTTP,
            _ => return Err(InvalidEndpoint::Scheme),
        };
        if base_url.contains(['?', '#']) {
            return Err(InvalidEndpoint::Query);
        }
        if base_url.ends_with("://") || base_url.contains(":///") {
            return Err(InvalidEndpoint::Host);
        }
        let uri: Uri = base_url.parse().map_err(|_| InvalidEndpoint::Url)?;
        let authority = uri.authority().ok_or(InvalidEndpoint::Host)?.clone();
        if authority.as_str().contains('@') {
            return Err(InvalidEndpoint::UserInfo);
        }
        if authority.host().is_empty() {
            return Err(InvalidEndpoint::Host);
        }
        let base = uri.path().trim_end_matches('/').to_owned();
        Ok(Self { scheme, authority, base, query: String::new(), credential })
    }

    /// The base URL with the path and query of `uri` appended.
    pub(super) fn join(&self, uri: &Uri) -> Result<Uri, http::Error> {
        let tail = uri.path_and_query();
        let path = match tail {
            Some(tail) if self.base.is_empty() && self.query.is_empty() => tail.clone(),
            _ => {
                let tail = tail.map_or("", PathAndQuery::as_str);
                let mark = match (self.query.is_empty(), tail.contains('?')) {
                    (true, _) => "",
                    (false, true) => "&",
                    (false, false) => "?",
                };
                PathAndQuery::try_from([&self.base, tail, mark, &self.query].concat())?
            }
        };
        let mut parts = http::uri::Parts::default();
        parts.scheme = Some(self.scheme.clone());
        parts.authority = Some(self.authority.clone());
        parts.path_and_query = Some(path);
        Ok(Uri::from_parts(parts)?)
    }

    /// What must not be told on.
    pub(super) fn secret(&self) -> Option<Secret> {
        self.credential.secret()
    }

    /// Takes away what is not for the provider, and adds the credential.
    pub(super) fn dress(&self, headers: &mut http::HeaderMap) {
        // RFC 9110 section 7.6.1; host and length are set anew by the connection.
        static OF_ONE_HOP: [http::HeaderName; 8] = [
            header::CONNECTION,
            header::HOST,
            header::CONTENT_LENGTH,
            header::TRANSFER_ENCODING,
            header::TE,
            header::UPGRADE,
            http::HeaderName::from_static("keep-alive"),
            header::ACCEPT_ENCODING,
        ];
        for name in &OF_ONE_HOP {
            headers.remove(name);
        }
        self.credential.apply(headers);
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.scheme, self.authority, self.base)
    }
}
