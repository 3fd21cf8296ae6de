//! A library's test mocks its providers with `tower_test` and `service_fn`: no socket, no clock, no key.
//!
//! `cargo run --example mock_services`

use tower::{Service, ServiceExt, service_fn};
use tower_failover::facts::Member;
use tower_failover::failure::{BoxError, Class, Failure, OnError};
use tower_failover::health_routing::HealthRoutingLayer;
use tower_layer::Layer;
use tower_test::{assert_request_eq, mock};

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() -> Result<(), BoxError> {
    // The primary is a mock whose answers the test decides; the fallback a plain function.
    let (primary, mut provider) = mock::pair::<String, String>();
    let fallback =
        service_fn(|prompt: String| async move { Ok::<_, BoxError>(format!("fallback answers {prompt}")) });
    let mut llm = HealthRoutingLayer::primary(Member::new("mock"))
        .policy(OnError)
        .fallback("function", fallback)
        .layer(primary);

    // Both sides run at once: the call, and the test that plays the provider.
    let call = llm.ready().await?.call("hello".to_owned());
    let play = async {
        assert_request_eq!(provider, "hello".to_owned()).send_error(Failure::new(Class::Overloaded));
    };
    let (answer, ()) = tokio::join!(call, play);
    assert_eq!(answer?, "fallback answers hello");

    let call = llm.ready().await?.call("again".to_owned());
    let play = async {
        assert_request_eq!(provider, "again".to_owned()).send_response("primary answers".to_owned());
    };
    let (answer, ()) = tokio::join!(call, play);
    assert_eq!(answer?, "primary answers");
    println!("the fallback served while the primary was overloaded, and the primary as soon as it could");
    Ok(())
}
