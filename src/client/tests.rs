use http::{HeaderMap, Uri};

use super::credential::Prepared;
use super::{Credential, Endpoint, InvalidEndpoint};

fn joined(base: &str, path: &str) -> String {
    let uri: Uri = path.parse().unwrap();
    Endpoint::new(base, "key").unwrap().target().join(&uri).unwrap().to_string()
}

#[test]
fn a_path_is_appended_to_the_base_url_whose_own_path_is_kept() {
    for base in ["https://api.openai.com/v1", "https://api.openai.com/v1/", " https://api.openai.com/v1\n"] {
        assert_eq!(joined(base, "/chat/completions"), "https://api.openai.com/v1/chat/completions");
    }
    assert_eq!(joined("https://api.anthropic.com", "/v1/messages"), "https://api.anthropic.com/v1/messages");
    assert_eq!(joined("HTTP://[::1]:8080/", "/x?a=b"), "http://[::1]:8080/x?a=b");
    assert_eq!(joined("https://host/openai", "/x?api-version=1"), "https://host/openai/x?api-version=1");
}

#[test]
fn a_parameter_is_added_to_the_query_of_every_request() {
    let uri = |path: &str| path.parse::<Uri>().unwrap();
    let azure = Endpoint::new("https://r.example/openai/deployments/d", "key").unwrap();
    let azure = azure.with_query("api-version", "2024-10-21").unwrap();
    let joined = |path| azure.target().join(&uri(path)).unwrap().to_string();
    let base = "https://r.example/openai/deployments/d/chat/completions";
    assert_eq!(joined("/chat/completions"), format!("{base}?api-version=2024-10-21"));
    assert_eq!(joined("/chat/completions?a=b"), format!("{base}?a=b&api-version=2024-10-21"));
    for value in ["", "a&b=c", "a#b", "ä"] {
        let refused = Endpoint::new("https://h", "key").unwrap().with_query("v", value);
        assert_eq!(refused.unwrap_err(), InvalidEndpoint::Parameter, "{value}");
    }
}

#[test]
fn the_authority_of_a_request_cannot_lead_a_key_to_another_host() {
    assert_eq!(joined("https://api.openai.com/v1", "http://evil.example/x"), "https://api.openai.com/v1/x");
}

#[test]
fn a_bad_base_url_is_refused_when_the_endpoint_is_made() {
    use InvalidEndpoint::{Host, Query, Scheme, Url, UserInfo};
    let rows = [
        ("", Scheme),
        ("api.openai.com/v1", Scheme),
        ("ftp://host", Scheme),
        ("https://", Host),
        ("https:///v1", Host),
        ("https://:8080", Host),
        ("https://ho st/v1", Url),
        ("https://user:secret@host/v1", UserInfo),
        ("https://host/v1?key=secret", Query),
        ("https://host/v1#top", Query),
    ];
    for (url, expected) in rows {
        let error = Endpoint::new(url, "key").unwrap_err();
        assert_eq!(error, expected, "{url}");
        assert!(!error.to_string().contains("secret"));
    }
}

#[test]
fn a_key_that_no_header_can_hold_is_refused_when_the_endpoint_is_made() {
    for key in ["", "sk-key\n", "sk key", "schlüssel", "a\0b"] {
        let bearer = Endpoint::new("https://host", Credential::bearer(key));
        assert_eq!(bearer.unwrap_err(), InvalidEndpoint::Key, "{key:?}");
        let header = Endpoint::new("https://host", Credential::header("x-api-key", key));
        assert_eq!(header.unwrap_err(), InvalidEndpoint::Key, "{key:?}");
    }
    let named = Endpoint::new("https://host", Credential::header("x api key", "key"));
    assert_eq!(named.unwrap_err(), InvalidEndpoint::CredentialHeader);
}

#[test]
fn no_debug_shows_a_key() {
    let credential = Credential::header("x-api-key", "sk-secret");
    let endpoint = Endpoint::new("https://host/v1", credential.clone()).unwrap();
    let shown = format!("{credential:?} {endpoint:?} {:?}", endpoint.clone().into_service());
    assert!(shown.contains("https://host/v1"), "{shown}");
    assert!(!shown.contains("secret"), "{shown}");
}

fn dressed(credential: &Credential) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for name in ["authorization", "x-api-key", "api-key", "cookie", "x-goog-api-key", "traceparent"] {
        headers.insert(name, "callers".parse().unwrap());
    }
    let prepared: Prepared = credential.prepare().unwrap();
    prepared.apply(&mut headers);
    headers
}

#[test]
fn the_callers_own_credentials_go_no_further() {
    let headers = dressed(&Credential::header("x-api-key", "ours"));
    assert_eq!(
        (&headers["x-api-key"], &headers["traceparent"]),
        (&"ours".parse().unwrap(), &"callers".parse().unwrap())
    );
    assert!(headers["x-api-key"].is_sensitive());
    assert_eq!(headers.len(), 2);
    assert_eq!(dressed(&Credential::none()).len(), 1);
    assert_eq!(dressed(&Credential::passthrough()).len(), 6);
}
