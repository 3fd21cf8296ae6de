use std::time::Duration;

use tokio::time::Instant;

use super::doubt::{Doubt, Reason};
use super::silence::Silence;
use super::vain::Vain;
use crate::facts::{Availability, Vitals};
use crate::failure::{Class, Failure, Outcome};

const CALLS: usize = 50;
const MEMORY: Duration = Duration::from_secs(60);
/// What a failure counts for where nothing is known: as long as a silent route is listened to.
const PENALTY: Duration = Duration::from_secs(10);
const SLOWEST: Duration = Duration::from_secs(60);
/// A limit that is said to last longer is asked again after this.
const LONGEST_LIMIT: Duration = Duration::from_secs(60);

/// The last calls of a service: a state machine that is told what happens and when.
#[derive(Debug)]
pub(super) struct Record {
    /// A ring; `oldest` is where it begins.
    calls: [Option<Call>; CALLS],
    oldest: usize,
    length: usize,
    errors: u32,
    quality: u32,
    first_token: Option<Average>,
    /// The same, of awaited answers alone: what is usual is not what those got who got nothing.
    awaited: Option<Average>,
    /// The same, of all others.
    whole: Option<Average>,
    /// Who has left with nothing since the last answer.
    vain: Vain,
    doubt: Option<Doubt>,
    /// Nothing is left of a rate limit until then.
    exhausted: Option<Instant>,
}

#[derive(Clone, Copy, Debug)]
struct Call {
    ended: Instant,
    verdict: Verdict,
}

#[derive(Clone, Copy, Debug)]
struct Average {
    /// In nanoseconds: this is divided on every call, and a `Duration` divides twice.
    nanos: u64,
    /// When it was last added to.
    at: Instant,
}

impl Average {
    fn add(average: Option<Self>, nanos: u64, now: Instant) -> Self {
        let nanos = match average.and_then(|average| average.known(now)) {
            // A fifth of each new one: ten calls make up for nearly all that was before.
            Some(known) => known - known / 5 + nanos / 5,
            None => nanos,
        };
        Self { nanos, at: now }
    }

    /// In nanoseconds, at most a minute of them, unless it is too old.
    fn known(self, now: Instant) -> Option<u64> {
        (now.saturating_duration_since(self.at) < MEMORY).then_some(self.nanos)
    }
}

/// What a call said about the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Answered,
    Failed,
    /// It answered, but that was no answer.
    Quality,
}

impl Verdict {
    /// `None` for what says nothing about the service.
    pub(super) fn of(failure: Option<&Failure>) -> Option<Self> {
        let Some(failure) = failure else { return Some(Self::Answered) };
        match failure.outcome() {
            _ if failure.is_local() => None,
            _ if failure.class() == Class::InvalidOutput => Some(Self::Quality),
            // Too many requests, too: whoever is refused got no answer.
            Outcome::Failure | Outcome::Throttled(_) => Some(Self::Failed),
            _ => None,
        }
    }
}

impl Record {
    pub(super) const fn new() -> Self {
        Self {
            calls: [None; CALLS],
            oldest: 0,
            length: 0,
            errors: 0,
            quality: 0,
            first_token: None,
            awaited: None,
            whole: None,
            vain: Vain::none(),
            doubt: None,
            exhausted: None,
        }
    }

    /// The first token of a call has come, after so long.
    pub(super) fn first_token(&mut self, took: Duration, is_awaited: bool, now: Instant) {
        let nanos = nanos(took);
        self.first_token = Some(Average::add(self.first_token, nanos, now));
        let usual = if is_awaited { &mut self.awaited } else { &mut self.whole };
        *usual = Some(Average::add(*usual, nanos, now));
        self.vain = Vain::none();
        if self.doubt.is_some_and(|doubt| doubt.reason() == Reason::Silent) {
            self.doubt = None;
        }
    }

    /// A call has begun.
    pub(super) fn begun(&mut self, now: Instant) {
        if let Some(doubt) = &mut self.doubt {
            doubt.begun(now);
        }
    }

    /// A caller has left with nothing, after so long.
    pub(super) fn left(&mut self, waited: Duration, is_awaited: bool, now: Instant) {
        let usual = if is_awaited { self.awaited } else { self.whole };
        let usual = usual.and_then(|usual| usual.known(now)).map(Duration::from_nanos);
        if Vain::is_long(waited, usual) {
            self.vain = self.vain.and_another(now);
            match &mut self.doubt {
                Some(doubt) => doubt.failed(now),
                None if self.vain.is_telling() => self.doubt = Some(Doubt::new(Reason::Silent, now)),
                None => {}
            }
        }
    }

    /// Whether what is remembered speaks against asking.
    pub(super) fn availability(&mut self, now: Instant) -> Availability {
        self.forget(now);
        match (self.no_headroom(now), self.doubt) {
            (Some(rest), _) => Availability::Exhausted(rest),
            (None, None) => Availability::Up,
            (None, Some(doubt)) if doubt.may_be_probed(now) => Availability::Probation,
            (None, Some(doubt)) => match doubt.reason() {
                Reason::Unsteady => Availability::Unsteady,
                Reason::Silent => Availability::Silent(doubt.lasts(now)),
            },
        }
    }

    fn no_headroom(&self, now: Instant) -> Option<Duration> {
        self.exhausted.map(|until| until.saturating_duration_since(now))
    }

    /// Is it a silence that for so long nobody who waits was answered?
    pub(super) fn is_silence(&self, quiet: Duration, now: Instant) -> bool {
        // As usual when it fell silent: a long silence is not over because the last answer is long ago.
        let usual = now.checked_sub(quiet).and_then(|then| self.usual(then));
        usual.is_some_and(|usual| Silence::is_too_long(quiet, usual))
    }

    /// How long the first token of an awaited answer took of late, as seen at `then`. `None` where nothing is known.
    fn usual(&self, then: Instant) -> Option<Duration> {
        self.awaited?.known(then).map(Duration::from_nanos)
    }

    /// A call has ended, after so long.
    pub(super) fn ended(&mut self, verdict: Verdict, took: Duration, now: Instant) {
        if verdict != Verdict::Answered {
            let usual = self.average(now).map_or(PENALTY, |average| Duration::from_nanos(2 * average));
            self.first_token = Some(Average::add(self.first_token, nanos(took.max(usual)), now));
        }
        self.forget(now);
        if self.length == CALLS {
            self.drop_oldest();
        }
        self.calls[(self.oldest + self.length) % CALLS] = Some(Call { ended: now, verdict });
        self.length += 1;
        self.errors += u32::from(verdict != Verdict::Answered);
        self.quality += u32::from(verdict == Verdict::Quality);
        self.judge(verdict, now);
    }

    /// Whether the service is believed after that.
    fn judge(&mut self, verdict: Verdict, now: Instant) {
        let (is_good, is_unsteady) = (verdict == Verdict::Answered, self.shares().is_unsteady());
        let is_proven = match &mut self.doubt {
            Some(doubt) if is_good => doubt.answered(now),
            Some(doubt) => {
                doubt.failed(now);
                false
            }
            None => false,
        };
        if is_proven {
            self.doubt = None;
            // What was before would bring the doubt back at the first mishap.
            (0..self.length).for_each(|_| self.drop_oldest());
        } else if is_unsteady && self.doubt.is_none() {
            self.doubt = Some(Doubt::new(Reason::Unsteady, now));
        }
    }

    fn shares(&self) -> Vitals {
        let calls = u32::try_from(self.length).unwrap_or(u32::MAX);
        Vitals { calls, errors: self.errors, quality_failures: self.quality, ..Vitals::default() }
    }

    /// Nothing is left of a rate limit for so long.
    pub(super) fn exhausted(&mut self, rest: Duration, now: Instant) {
        // Answers overtake one another, so an earlier moment is no news.
        self.exhausted = self.exhausted.max(Some(now + rest.min(LONGEST_LIMIT)));
    }

    /// As of now, but for what concerns calls under way.
    pub(super) fn vitals(&mut self, now: Instant) -> Vitals {
        self.forget(now);
        Vitals {
            first_token: self.average(now).map(Duration::from_nanos),
            in_vain: self.vain.count(now),
            no_headroom: self.no_headroom(now),
            ..self.shares()
        }
    }

    /// Is there anything that could keep calls away?
    pub(super) const fn is_notable(&self) -> bool {
        self.quality > 0 || self.doubt.is_some() || self.exhausted.is_some()
    }

    /// In nanoseconds, at most a minute of them.
    fn average(&self, now: Instant) -> Option<u64> {
        self.first_token?.known(now)
    }

    /// Drops what is too old. Each call is dropped once, so this costs no more than adding it did.
    fn forget(&mut self, now: Instant) {
        let is_old = |call: &Call| now.saturating_duration_since(call.ended) >= MEMORY;
        while self.length > 0 && self.calls[self.oldest].as_ref().is_none_or(is_old) {
            self.drop_oldest();
        }
        self.exhausted = self.exhausted.filter(|until| *until > now);
    }

    fn drop_oldest(&mut self) {
        if let Some(call) = self.calls[self.oldest].take() {
            self.errors -= u32::from(call.verdict != Verdict::Answered);
            self.quality -= u32::from(call.verdict == Verdict::Quality);
        }
        self.oldest = (self.oldest + 1) % CALLS;
        self.length -= 1;
    }
}

fn nanos(took: Duration) -> u64 {
    took.min(SLOWEST).as_nanos() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const MILLI: Duration = Duration::from_millis(1);

    fn of(verdicts: impl IntoIterator<Item = Verdict>, now: Instant) -> Record {
        let mut record = Record::new();
        verdicts.into_iter().for_each(|verdict| record.ended(verdict, MILLI, now));
        record
    }

    fn times(count: usize, verdict: Verdict) -> impl Iterator<Item = Verdict> {
        std::iter::repeat_n(verdict, count)
    }

    #[test]
    fn shares_are_of_the_last_fifty_calls() {
        let now = Instant::now();
        let verdicts = times(40, Verdict::Failed).chain(times(40, Verdict::Answered));
        let vitals = of(verdicts, now).vitals(now);
        assert_eq!((vitals.calls, vitals.errors), (50, 10));
        assert_eq!(vitals.error_share(), Some(0.2));
    }

    #[test]
    fn calls_older_than_a_minute_are_forgotten_one_by_one() {
        let start = Instant::now();
        let mut record = Record::new();
        for second in 0..30 {
            record.ended(Verdict::Failed, MILLI, start + second * SECOND);
        }
        assert_eq!(record.vitals(start + 59 * SECOND).errors, 30);
        assert_eq!(record.vitals(start + 60 * SECOND).errors, 29);
        assert_eq!(record.vitals(start + 89 * SECOND), Vitals::default());
    }

    #[test]
    fn nine_calls_say_nothing_and_ten_do() {
        let now = Instant::now();
        let nine = of(times(9, Verdict::Quality), now).vitals(now);
        assert_eq!((nine.error_share(), nine.quality_share(), nine.is_unsteady()), (None, None, false));
        let ten = of(times(5, Verdict::Quality).chain(times(5, Verdict::Answered)), now).vitals(now);
        assert_eq!((ten.error_share(), ten.quality_share(), ten.is_unsteady()), (Some(0.5), Some(0.5), true));
    }

    #[test]
    fn errors_of_other_kinds_are_no_matter_of_quality() {
        let now = Instant::now();
        let vitals = of(times(20, Verdict::Failed), now).vitals(now);
        assert_eq!((vitals.quality_failures, vitals.is_unsteady()), (0, false));
    }

    #[test]
    fn the_average_follows_new_calls_and_forgets_the_old() {
        let now = Instant::now();
        let mut record = Record::new();
        record.first_token(SECOND, true, now);
        assert_eq!(record.vitals(now).first_token, Some(SECOND));
        (0..10).for_each(|_| record.first_token(100 * MILLI, true, now));
        let value = record.vitals(now).first_token.unwrap();
        assert!((100 * MILLI..200 * MILLI).contains(&value), "{value:?}");
        assert_eq!(record.vitals(now + 60 * SECOND).first_token, None);
    }

    #[test]
    fn failing_fast_never_looks_fast() {
        let now = Instant::now();
        let mut record = of([Verdict::Failed], now);
        assert_eq!(record.vitals(now).first_token, Some(PENALTY));

        let mut record = Record::new();
        record.first_token(SECOND, true, now);
        let mut last = SECOND;
        for _ in 0..100 {
            record.ended(Verdict::Failed, MILLI, now);
            let value = record.vitals(now).first_token.unwrap();
            assert!(value > last || value > SLOWEST * 99 / 100, "{value:?} after {last:?}");
            last = value;
        }
        assert!(last <= SLOWEST);
    }

    #[test]
    fn what_is_usual_is_what_awaited_answers_took_and_no_failure() {
        let now = Instant::now();
        let mut record = of(times(5, Verdict::Failed), now);
        assert_eq!(record.usual(now), None);
        record.first_token(SECOND, true, now);
        record.ended(Verdict::Failed, 30 * SECOND, now);
        record.first_token(20 * SECOND, false, now);
        assert_eq!(record.usual(now), Some(SECOND));
        assert_eq!(record.usual(now + 60 * SECOND), None);
    }

    #[test]
    fn a_used_up_limit_is_extended_never_shortened_and_capped() {
        let now = Instant::now();
        let mut record = Record::new();
        record.exhausted(9 * SECOND, now);
        record.exhausted(2 * SECOND, now);
        assert_eq!(record.vitals(now).no_headroom, Some(9 * SECOND));
        assert!(record.is_notable());
        record.exhausted(3600 * SECOND, now);
        assert_eq!(record.vitals(now).no_headroom, Some(60 * SECOND));
        assert_eq!(record.vitals(now + 60 * SECOND).no_headroom, None);
        assert!(!record.is_notable());
    }

    #[test]
    fn what_the_caller_did_wrong_says_nothing_about_the_service() {
        let verdict = |class| Verdict::of(Some(&Failure::new(class)));
        assert_eq!(Verdict::of(None), Some(Verdict::Answered));
        assert_eq!(verdict(Class::InvalidOutput), Some(Verdict::Quality));
        for class in [Class::ServerError, Class::Timeout, Class::Interrupted, Class::RateLimited, Class::Auth]
        {
            assert_eq!(verdict(class), Some(Verdict::Failed), "{class}");
        }
        for class in
            [Class::InvalidRequest, Class::ContextOverflow, Class::Unsupported, Class::Cancelled, Class::Shed]
        {
            assert_eq!(verdict(class), None, "{class}");
        }
        assert_eq!(Verdict::of(Some(&Failure::new(Class::InvalidOutput).refused_here())), None);
    }
}
