use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use pin_project_lite::pin_project;
use tokio::time::{Instant, Sleep, sleep_until};

use super::Cause;
use super::limits::Limits;
use crate::facts::{Deadline, Usual};

/// So far away that it never comes, and yet an instant every clock can count to.
const NEVER: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

/// When patience ends, and with what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Alarm {
    at: Instant,
    cause: Cause,
}

impl Alarm {
    pub(super) fn after(from: Instant, patience: Duration, cause: Cause) -> Self {
        Self { at: from + patience.min(NEVER), cause }
    }

    /// The end of the whole attempt: its own limit, or the caller's deadline.
    pub(super) fn of_all(now: Instant, limits: &Limits, deadline: Option<Deadline>) -> Self {
        let total = Self::after(now, limits.total, Cause::TooSlow);
        match deadline {
            Some(Deadline(at)) if at <= total.at => Self { at, cause: Cause::Deadline },
            _ => total,
        }
    }

    /// The end of an attempt that has not answered, where others may be asked after it: three quarters of the time
    /// that is left go to it, or twice the time that it usually takes if that is more. It is to blame for a silence of half as long as it is granted anyway; a caller who is
    /// in more of a hurry than that has only himself to blame.
    pub(super) fn of_turn(
        now: Instant,
        patience: Duration,
        deadline: Deadline,
        usual: Option<Usual>,
    ) -> Self {
        let usual = usual.map_or(Duration::ZERO, |Usual(usual)| usual.saturating_mul(2));
        let turn = usual.max(deadline.remaining(now) / 4 * 3);
        let cause = if turn >= patience / 2 { Cause::TooSlow } else { Cause::Hurried };
        Self::after(now, turn, cause)
    }

    /// The earlier one; of two at once this one.
    pub(super) fn or(self, other: Self) -> Self {
        if other.at < self.at { other } else { self }
    }
}

pin_project! {
    /// One timer for all limits.
    ///
    /// Moving an alarm only writes it down: the timer is set anew when somebody waits for one that would ring too
    /// late, or when it rings too early. So what is there without waiting never touches the timer wheel (where an
    /// earlier alarm costs a system call, to wake the driver), and a stream of many chunks once per idle gap.
    #[derive(Debug)]
    pub(super) struct Timer {
        #[pin]
        sleep: Sleep,
        next: Alarm,
        last: Alarm,
    }
}

impl Timer {
    /// Rings for `next`, and for `last` whatever happens.
    pub(super) fn new(next: Alarm, last: Alarm) -> Self {
        let next = last.or(next);
        Self { sleep: sleep_until(next.at), next, last }
    }

    /// Rings for `next` instead.
    pub(super) fn set(self: Pin<&mut Self>, next: Alarm) {
        let this = self.project();
        *this.next = this.last.or(next);
    }

    /// Has it rung by `now`? For whoever is too busy to wait for it.
    pub(super) fn rang(&self, now: Instant) -> Option<Cause> {
        (now >= self.next.at).then_some(self.next.cause)
    }

    /// Is the whole attempt over by `now`?
    pub(super) fn is_over(&self, now: Instant) -> Option<Cause> {
        (now >= self.last.at).then_some(self.last.cause)
    }

    pub(super) fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Cause> {
        loop {
            let mut this = self.as_mut().project();
            if this.next.at < this.sleep.deadline() {
                this.sleep.as_mut().reset(this.next.at);
            }
            ready!(this.sleep.as_mut().poll(cx));
            if let Some(cause) = self.rang(Instant::now()) {
                return Poll::Ready(cause);
            }
            let this = self.as_mut().project();
            this.sleep.reset(this.next.at);
        }
    }
}

/// Who has to look at the clock: whoever begins to wait, to set an alarm, and whoever never has to wait, for no
/// alarm will ring for him. All others are spared it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Pace {
    #[default]
    Fresh,
    Waiting,
    Busy,
}

impl Pace {
    /// There is nothing to read. Has the waiting just begun?
    pub(super) fn wait(&mut self) -> bool {
        std::mem::replace(self, Self::Waiting) != Self::Waiting
    }

    /// There is something to read. Has there been no wait since the last?
    pub(super) fn go_on(&mut self) -> bool {
        std::mem::replace(self, Self::Busy) == Self::Busy
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    async fn ring(mut timer: Pin<&mut Timer>) -> Cause {
        std::future::poll_fn(|cx| timer.as_mut().poll(cx)).await
    }

    #[tokio::test(start_paused = true)]
    async fn an_alarm_moves_later_and_earlier() {
        let start = Instant::now();
        let last = Alarm::after(start, 100 * SECOND, Cause::TooSlow);
        let mut timer = pin!(Timer::new(Alarm::after(start, 10 * SECOND, Cause::NoHead), last));
        timer.as_mut().set(Alarm::after(start, 30 * SECOND, Cause::Stalled));
        assert_eq!(ring(timer.as_mut()).await, Cause::Stalled);
        assert_eq!(start.elapsed(), 30 * SECOND);
        timer.as_mut().set(Alarm::after(start, 60 * SECOND, Cause::Stalled));
        timer.as_mut().set(Alarm::after(start, 40 * SECOND, Cause::NoFirstToken));
        assert_eq!(ring(timer.as_mut()).await, Cause::NoFirstToken);
        assert_eq!(start.elapsed(), 40 * SECOND);
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_outlasts_the_whole() {
        let start = Instant::now();
        let last = Alarm::after(start, 5 * SECOND, Cause::TooSlow);
        let mut timer = pin!(Timer::new(Alarm::after(start, 10 * SECOND, Cause::NoHead), last));
        timer.as_mut().set(Alarm::after(start, Duration::MAX, Cause::Stalled));
        assert_eq!(ring(timer.as_mut()).await, Cause::TooSlow);
        assert_eq!(start.elapsed(), 5 * SECOND);
    }

    #[tokio::test(start_paused = true)]
    async fn a_deadline_before_the_total_takes_its_place() {
        let now = Instant::now();
        let limits = Limits::default();
        let at = |after| Alarm::of_all(now, &limits, Some(Deadline(now + after))).cause;
        assert_eq!(at(SECOND), Cause::Deadline);
        assert_eq!(at(limits.total + SECOND), Cause::TooSlow);
    }
}
