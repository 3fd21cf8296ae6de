use super::{BoxError, Classify, Failure};

/// Reads the result of a call, and may have no opinion.
///
/// For what you know better than a table does: it runs first, and whatever it does not know goes to another
/// [`Classify`]. Closures implement it.
///
/// ```
/// use http::{Response, StatusCode};
/// use tower_failover::failure::{BoxError, Class, Classify, Consider, Failure, Standard};
///
/// // Our proxy says 418 where it has no worker, and 404 for a cache that is cold, which is no failure.
/// let ours = |result: Result<&Response<String>, &BoxError>| match result.ok()?.status().as_u16() {
///     418 => Some(Err(Failure::new(Class::Overloaded))),
///     404 => Some(Ok(())),
///     _ => None,
/// };
/// let classify = ours.or_else(Standard);
///
/// let class = |status| {
///     let mut response = Response::new(String::new());
///     *response.status_mut() = StatusCode::from_u16(status).unwrap();
///     classify.classify(Ok(&response)).map(|failure| failure.class())
/// };
/// assert_eq!(class(418), Some(Class::Overloaded));
/// assert_eq!(class(404), None);
/// assert_eq!(class(429), Some(Class::RateLimited));
/// ```
pub trait Consider<Res> {
    /// Success, a failure, or `None` where there is nothing to say.
    fn consider(&self, result: Result<&Res, &BoxError>) -> Option<Result<(), Failure>>;

    /// With `next` for all that this has no opinion of: a [`Classify`], or one more of this kind.
    fn or_else<C>(self, next: C) -> OrElse<Self, C>
    where
        Self: Sized,
    {
        OrElse { first: self, next }
    }
}

impl<F, Res> Consider<Res> for F
where
    F: Fn(Result<&Res, &BoxError>) -> Option<Result<(), Failure>>,
{
    fn consider(&self, result: Result<&Res, &BoxError>) -> Option<Result<(), Failure>> {
        self(result)
    }
}

/// One reader of results, and another for what the first has no opinion of. Made by [`Consider::or_else`].
#[derive(Clone, Copy, Debug, Default)]
pub struct OrElse<A, B> {
    first: A,
    next: B,
}

impl<A, B, Res> Classify<Res> for OrElse<A, B>
where
    A: Consider<Res>,
    B: Classify<Res>,
{
    fn classify(&self, result: Result<&Res, &BoxError>) -> Option<Failure> {
        self.first.consider(result).map_or_else(|| self.next.classify(result), Result::err)
    }
}

impl<A, B, Res> Consider<Res> for OrElse<A, B>
where
    A: Consider<Res>,
    B: Consider<Res>,
{
    fn consider(&self, result: Result<&Res, &BoxError>) -> Option<Result<(), Failure>> {
        self.first.consider(result).or_else(|| self.next.consider(result))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::{Class, OnError};

    #[test]
    fn the_first_that_has_an_opinion_decides() {
        let odd = |result: Result<&u32, &BoxError>| {
            let number = *result.ok()?;
            (number % 2 == 1).then(|| Err(Failure::new(Class::InvalidOutput)))
        };
        let small = |result: Result<&u32, &BoxError>| (*result.ok()? < 10).then_some(Ok(()));
        let large = |result: Result<&u32, &BoxError>| {
            (*result.ok()? > 100).then(|| Err(Failure::new(Class::Overloaded)))
        };
        let classify = small.or_else(odd).or_else(large).or_else(OnError);
        let class = |number| classify.classify(Ok(&number)).map(|failure| failure.class());
        assert_eq!(class(3), None);
        assert_eq!(class(103), Some(Class::InvalidOutput));
        assert_eq!(class(104), Some(Class::Overloaded));
        assert_eq!(class(50), None);
        let error: BoxError = "boom".into();
        assert_eq!(classify.classify(Err(&error)).unwrap().class(), Class::ServerError);
    }
}
