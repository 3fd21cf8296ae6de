/// How a response is marked.
///
/// Closures implement it:
///
/// ```
/// use tower::{BoxError, Layer, ServiceExt, service_fn};
/// use tower_failover::degraded_marker::DegradedMarkerLayer;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), BoxError> {
/// struct Answer { text: &'static str, is_second_best: bool }
///
/// let inner = service_fn(|_: u32| async { Ok::<_, BoxError>(Answer { text: "42", is_second_best: true }) });
/// let layer = DegradedMarkerLayer::with(|answer: &mut Answer| {
///     if answer.is_second_best {
///         answer.text = "42 (a guess)";
///     }
/// });
/// assert_eq!(layer.layer(inner).oneshot(7).await?.text, "42 (a guess)");
/// # Ok(()) }
/// ```
pub trait Mark<Req, Res> {
    /// Marks `response`, if it says enough of itself.
    fn mark(&self, response: &mut Res);

    /// Leaves on the request what the layers below need for their part. Neutral unless overridden.
    fn prepare(&self, request: &mut Req) {
        let _ = request;
    }
}

impl<F, Req, Res> Mark<Req, Res> for F
where
    F: Fn(&mut Res),
{
    fn mark(&self, response: &mut Res) {
        self(response);
    }
}
