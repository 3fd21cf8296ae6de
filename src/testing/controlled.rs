use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use tokio::sync::{Notify, oneshot};
use tower_service::Service;

use crate::failure::{BoxError, Class, Failure};

/// A service that does what its [`Controller`] says, and the controller.
///
/// For tests without sockets: the test decides when the service is ready, sees each request, answers or fails
/// each call by itself, and sees the calls that were given up. What `tower_test::mock` does not do: the service is
/// `Clone` with one controller for all clones, and calls that are dropped are counted.
///
/// ```
/// use tower::{Service, ServiceExt};
/// use tower_failover::testing::controlled;
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let (mut member, mut controller) = controlled::<u32, String>();
/// let answer = member.ready().await.unwrap().call(7);
/// let call = controller.next().await;
/// assert_eq!(call.request(), &7);
/// call.answer("seven".to_owned());
/// assert_eq!(answer.await.unwrap(), "seven");
///
/// drop(member.ready().await.unwrap().call(8)); // the caller went away
/// assert!(controller.next().await.is_dropped());
/// # }
/// ```
#[must_use]
pub fn controlled<Req, Res>() -> (ControlledMember<Req, Res>, Controller<Req, Res>) {
    let shared = Arc::new(Shared { desk: Mutex::default(), arrived: Notify::new() });
    (ControlledMember { shared: Arc::clone(&shared) }, Controller { shared })
}

/// A service under a test's control. Its error is a `BoxError`. See [`controlled`].
pub struct ControlledMember<Req, Res> {
    shared: Arc<Shared<Req, Res>>,
}

/// The test's side of a [`ControlledMember`] and all its clones. See [`controlled`].
pub struct Controller<Req, Res> {
    shared: Arc<Shared<Req, Res>>,
}

struct Shared<Req, Res> {
    desk: Mutex<Desk<Req, Res>>,
    arrived: Notify,
}

struct Desk<Req, Res> {
    is_unready: bool,
    unready: Option<Class>,
    wakers: Vec<Waker>,
    waiting: VecDeque<Call<Req, Res>>,
    counts: Counts,
}

/// How the calls of a [`ControlledMember`] have gone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Calls made.
    pub calls: usize,
    /// Of these, those whose future was dropped before it had its answer.
    pub dropped: usize,
}

impl<Req, Res> Default for Desk<Req, Res> {
    fn default() -> Self {
        Self {
            is_unready: false,
            unready: None,
            wakers: Vec::new(),
            waiting: VecDeque::new(),
            counts: Counts::default(),
        }
    }
}

impl<Req, Res> Shared<Req, Res> {
    fn lock(&self) -> MutexGuard<'_, Desk<Req, Res>> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<Req, Res> Controller<Req, Res> {
    /// Is the service ready? It is from the start.
    pub fn set_ready(&self, is_ready: bool) {
        let mut desk = self.shared.lock();
        desk.is_unready = !is_ready;
        desk.unready = None;
        desk.wakers.drain(..).for_each(Waker::wake);
    }

    /// From now on, being asked whether it is ready fails the service with this class.
    pub fn fail_ready(&self, class: Class) {
        let mut desk = self.shared.lock();
        desk.unready = Some(class);
        desk.wakers.drain(..).for_each(Waker::wake);
    }

    /// The next call, waiting for one if there is none.
    pub async fn next(&mut self) -> Call<Req, Res> {
        loop {
            // `notify_one` keeps its permit, so a call between the two lines is not missed.
            let call = self.shared.lock().waiting.pop_front();
            match call {
                Some(call) => return call,
                None => self.shared.arrived.notified().await,
            }
        }
    }

    /// The next call, if there is one already.
    pub fn try_next(&mut self) -> Option<Call<Req, Res>> {
        self.shared.lock().waiting.pop_front()
    }

    /// How the calls have gone so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.shared.lock().counts
    }
}

/// One call, to be answered. Dropped, it fails with [`Class::Connect`].
pub struct Call<Req, Res> {
    request: Req,
    reply: oneshot::Sender<Result<Res, BoxError>>,
}

impl<Req, Res> Call<Req, Res> {
    /// What was asked.
    #[must_use]
    pub const fn request(&self) -> &Req {
        &self.request
    }

    /// Answers.
    pub fn answer(self, response: Res) {
        // The caller may have gone away; that is counted on its side.
        let _ = self.reply.send(Ok(response));
    }

    /// Fails.
    pub fn fail(self, error: impl Into<BoxError>) {
        let _ = self.reply.send(Err(error.into()));
    }

    /// Fails with a failure of this class.
    pub fn fail_with(self, class: Class) {
        self.fail(Failure::new(class));
    }

    /// Has the caller gone away?
    #[must_use]
    pub fn is_dropped(&self) -> bool {
        self.reply.is_closed()
    }

    /// Waits until the caller goes away.
    pub async fn dropped(&mut self) {
        self.reply.closed().await;
    }
}

impl<Req, Res> Service<Req> for ControlledMember<Req, Res> {
    type Response = Res;
    type Error = BoxError;
    type Future = ControlledFuture<Req, Res>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        let mut desk = self.shared.lock();
        if let Some(class) = desk.unready {
            return Poll::Ready(Err(Box::new(Failure::new(class))));
        }
        if !desk.is_unready {
            return Poll::Ready(Ok(()));
        }
        if !desk.wakers.iter().any(|waker| waker.will_wake(cx.waker())) {
            desk.wakers.push(cx.waker().clone());
        }
        Poll::Pending
    }

    fn call(&mut self, request: Req) -> ControlledFuture<Req, Res> {
        let (reply, answer) = oneshot::channel();
        {
            let mut desk = self.shared.lock();
            desk.counts.calls += 1;
            desk.waiting.push_back(Call { request, reply });
        }
        self.shared.arrived.notify_one();
        ControlledFuture { answer: Some(answer), shared: Arc::clone(&self.shared) }
    }
}

/// The answer of a [`ControlledMember`].
pub struct ControlledFuture<Req, Res> {
    answer: Option<oneshot::Receiver<Result<Res, BoxError>>>,
    shared: Arc<Shared<Req, Res>>,
}

impl<Req, Res> Future for ControlledFuture<Req, Res> {
    type Output = Result<Res, BoxError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let answer = self.answer.as_mut().expect("polled after it was ready");
        let answer = std::task::ready!(Pin::new(answer).poll(cx));
        self.answer = None;
        Poll::Ready(answer.unwrap_or_else(|_| Err(Box::new(Failure::new(Class::Connect)))))
    }
}

impl<Req, Res> Drop for ControlledFuture<Req, Res> {
    fn drop(&mut self) {
        if self.answer.is_some() {
            self.shared.lock().counts.dropped += 1;
        }
    }
}

impl<Req, Res> Clone for ControlledMember<Req, Res> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<Req, Res> fmt::Debug for ControlledMember<Req, Res> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ControlledMember").field("counts", &self.shared.lock().counts).finish_non_exhaustive()
    }
}

impl<Req, Res> fmt::Debug for Controller<Req, Res> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Controller").field("counts", &self.counts()).finish_non_exhaustive()
    }
}

impl<Req, Res> fmt::Debug for Call<Req, Res> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").field("is_dropped", &self.is_dropped()).finish_non_exhaustive()
    }
}

impl<Req, Res> fmt::Debug for ControlledFuture<Req, Res> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ControlledFuture").finish_non_exhaustive()
    }
}
