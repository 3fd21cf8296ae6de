//! The published faults of circuit breakers, each a small program.

use std::task::{Context, Poll, Waker};

use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};
use tokio_test::task::{self, Spawn};
use tower::{Layer, Service, ServiceBuilder};
use tower_failover::failure::BoxError;

use super::subject::{
    self, Answer, Call, LEASE, MAKERS, OPEN, SLOW, Subject, Work, bad, good, hung, our_layer,
    resilience_builder, resilience_built,
};
use super::table::{Cell, Cells, Table};

/// The same program for each crate that has a breaker.
macro_rules! each {
    ($program:ident) => {{
        let [ours, resilience, failsafe, recloser] = MAKERS;
        [
            $program(ours()).await,
            $program(resilience()).await,
            $program(failsafe()).await,
            $program(recloser()).await,
            Cell::none(),
        ]
    }};
}

pub(crate) async fn run(table: &mut Table) {
    table.row("calls begun before the trip succeed while the probe is out", &each!(straggling_success));
    table.row("calls begun before the trip fail while the probe is out", &each!(straggling_failure));
    table.row("the probe hangs", &each!(hung_probe));
    table.row("the probe's caller leaves", &each!(cancelled_probe));
    table.row("50 calls at once when the circuit may be probed", &each!(herd));
    table.row("20 calls hang until their caller's timeout", &each!(caller_timeouts));
    table.row("20 callers leave at once", &each!(early_leavers));
    table.row("5 failures of one of two services from one layer", &two_services().await);
    table.row("`poll_ready` while the circuit is open", &readiness().await);
    table.row("failures needed to open after 10,000 successes (defaults)", &after_successes().await);
}

/// A call that is on its way.
fn begin(call: Call) -> Spawn<Call> {
    let mut call = task::spawn(call);
    assert!(call.poll().is_pending(), "admitted, and not answered yet");
    call
}

type Release = oneshot::Sender<Result<(), BoxError>>;

/// Work that ends when and as it is told to.
fn gated() -> (Release, Work) {
    let (release, end) = oneshot::channel();
    (release, Box::pin(async move { end.await.unwrap_or(Ok(())) }))
}

/// Three calls on their way, then the trip; then a probe is out.
async fn three_stragglers(subject: &Subject) -> (Vec<(Release, Spawn<Call>)>, (Release, Spawn<Call>)) {
    let start = || {
        let (release, work) = gated();
        (release, begin(subject.call(work)))
    };
    let stragglers = (0..3).map(|_| start()).collect();
    subject.trip().await;
    sleep(OPEN + OPEN / 4).await;
    (stragglers, start())
}

async fn straggling_success(subject: Subject) -> Cell {
    let (stragglers, _probe) = three_stragglers(&subject).await;
    for (release, call) in stragglers {
        let _ = release.send(Ok(()));
        call.await;
    }
    // A half-open circuit refuses these, or opens by them; a closed one bears three failures.
    for _ in 0..3 {
        subject.bad().await;
    }
    let is_closed = subject.good().await == Answer::Good;
    Cell::new(is_closed, if is_closed { "they close the circuit" } else { "no vote" })
}

async fn straggling_failure(subject: Subject) -> Cell {
    let (stragglers, (release, probe)) = three_stragglers(&subject).await;
    for (release, call) in stragglers {
        let _ = release.send(Err("late".into()));
        call.await;
    }
    let _ = release.send(Ok(()));
    probe.await;
    let is_open = subject.good().await == Answer::Refused;
    Cell::new(is_open, if is_open { "they open it again, though the probe succeeds" } else { "no vote" })
}

async fn hung_probe(subject: Subject) -> Cell {
    subject.trip().await;
    sleep(OPEN + OPEN / 4).await;
    let _probe = begin(subject.call(hung()));
    let is_bounded = subject.good().await == Answer::Refused;
    let mut tries = 0;
    while subject.good().await == Answer::Refused {
        tries += 1;
        if tries > 100 {
            return Cell::new(true, "refuses every call, for good");
        }
        sleep((LEASE + OPEN) / 40).await;
    }
    let text =
        if is_bounded { "its lease ends, another is sent" } else { "not wedged: probes are not limited" };
    Cell::new(false, text)
}

async fn cancelled_probe(subject: Subject) -> Cell {
    subject.trip().await;
    sleep(OPEN + OPEN / 4).await;
    drop(begin(subject.call(hung())));
    let is_leaked = subject.good().await == Answer::Refused;
    Cell::new(is_leaked, if is_leaked { "its place is lost" } else { "the next call is the probe" })
}

async fn herd(subject: Subject) -> Cell {
    subject.trip().await;
    sleep(OPEN + OPEN / 4).await;
    let mut calls: Vec<_> = (0..50).map(|_| task::spawn(subject.call(hung()))).collect();
    let admitted = calls.iter_mut().map(|call| usize::from(call.poll().is_pending())).sum::<usize>();
    Cell::new(admitted > 1, format!("{admitted} admitted"))
}

async fn caller_timeouts(subject: Subject) -> Cell {
    for _ in 0..20 {
        let _ = timeout(SLOW * 2, subject.call(hung())).await;
    }
    let is_open = subject.good().await == Answer::Refused;
    Cell::new(!is_open, if is_open { "opens: they were slow" } else { "not seen, stays closed" })
}

async fn early_leavers(subject: Subject) -> Cell {
    for _ in 0..20 {
        drop(begin(subject.call(hung())));
    }
    let is_open = subject.good().await == Answer::Refused;
    Cell::new(is_open, if is_open { "opens" } else { "stays closed" })
}

async fn two_services() -> Cells {
    async fn is_shared(subject: Subject) -> bool {
        subject.trip().await;
        subject.call_other(good()).await == Answer::Refused
    }
    let cell =
        |is_shared: bool| Cell::new(!is_shared, if is_shared { "both are open" } else { "one is open" });
    let [ours, resilience, failsafe, recloser] = MAKERS;
    let theirs = match (is_shared(resilience_built()).await, is_shared(resilience()).await) {
        (false, true) => Cell::new(true, "one is open (`build_with_handle`: both)"),
        (built, _) => cell(built),
    };
    let ours = cell(is_shared(ours()).await);
    [ours, theirs, cell(is_shared(failsafe()).await), cell(is_shared(recloser()).await), Cell::none()]
}

/// An error means "throw me away" to a buffer or balancer, and waiting means that nobody is told.
async fn readiness() -> Cells {
    async fn of<S>(mut service: S) -> Cell
    where
        S: Service<Work, Response = ()>,
    {
        for _ in 0..5 {
            let _ = tower::ServiceExt::ready(&mut service).await;
            let _ = service.call(bad()).await;
        }
        match service.poll_ready(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Ok(())) => Cell::new(false, "ready, and `call` refuses"),
            Poll::Ready(Err(_)) => Cell::new(true, "an error"),
            Poll::Pending => Cell::new(true, "waits"),
        }
    }
    let theirs = resilience_builder().build().expect("a right configuration");
    let ours = of(ServiceBuilder::new().layer(our_layer()).service(subject::worker())).await;
    [ours, of(theirs.layer(subject::worker())).await, Cell::none(), Cell::none(), Cell::none()]
}

async fn after_successes() -> Cells {
    let mut cells = Vec::new();
    for subject in subject::defaults() {
        for _ in 0..10_000 {
            subject.good().await;
        }
        let failures = subject.trip().await;
        cells.push(Cell::new(failures > 1000, failures.to_string()));
    }
    cells.push(Cell::none());
    cells.try_into().expect("five")
}
