use super::*;

const SECOND: Duration = Duration::from_secs(1);
const NO_USUAL: Duration = Duration::ZERO;

fn turn(now: Instant) -> Turn {
    Turn::new(Rules::default(), None, now)
}

/// The longest of many waits, which comes close to the ceiling.
fn longest(turn: &Turn, failure: &Failure, now: Instant) -> Option<Duration> {
    let jitter = Jitter::seeded(1);
    (0..1000).map(|_| turn.pause(failure, NO_USUAL, now, &jitter)).max().flatten()
}

fn is_near(wait: Option<Duration>, millis: u64) -> bool {
    let ceiling = Duration::from_millis(millis);
    wait.is_some_and(|wait| wait < ceiling && wait > ceiling * 9 / 10)
}

#[test]
fn the_ceiling_of_the_wait_doubles_up_to_the_cap() {
    let now = Instant::now();
    let rules = Rules { attempts: u32::MAX, ..Rules::default() };
    let mut turn = Turn::new(rules, None, now);
    let failure = Failure::new(Class::ServerError);
    for millis in [250, 500, 1000, 2000, 4000, 4000, 4000] {
        assert!(is_near(longest(&turn, &failure, now), millis), "{millis}");
        turn.begin_next();
    }
    turn.made = u32::MAX - 1;
    assert!(is_near(longest(&turn, &failure, now), 4000));
}

#[test]
fn a_refused_connection_is_tried_again_sooner() {
    let now = Instant::now();
    let mut turn = turn(now);
    let failure = Failure::new(Class::Connect);
    assert!(is_near(longest(&turn, &failure, now), 50));
    turn.begin_next();
    assert!(is_near(longest(&turn, &failure, now), 100));
}

#[test]
fn the_third_attempt_is_the_last() {
    let now = Instant::now();
    let mut turn = turn(now);
    let failure = Failure::new(Class::Overloaded);
    let jitter = Jitter::seeded(1);
    for repeats in [true, true, false] {
        assert_eq!(turn.pause(&failure, NO_USUAL, now, &jitter).is_some(), repeats);
        turn.begin_next();
    }
}

#[test]
fn the_class_decides_whether_to_repeat() {
    let now = Instant::now();
    let (first, mut second) = (turn(now), turn(now));
    second.begin_next();
    let jitter = Jitter::seeded(1);
    let rows = [
        (Class::Connect, [true, true]),
        (Class::ServerError, [true, true]),
        (Class::Overloaded, [true, true]),
        (Class::InvalidOutput, [true, false]),
        (Class::RateLimited, [false, false]),
        (Class::Timeout, [false, false]),
        (Class::QuotaExhausted, [false, false]),
        (Class::Auth, [false, false]),
        (Class::InvalidRequest, [false, false]),
        (Class::ContentPolicy, [false, false]),
        (Class::CircuitOpen, [false, false]),
        (Class::CoolingDown, [false, false]),
        (Class::Shed, [false, false]),
        (Class::Interrupted, [false, false]),
        (Class::DeadlineExceeded, [false, false]),
    ];
    for (class, repeats) in rows {
        let failure = Failure::new(class);
        let pauses = [&first, &second].map(|turn| turn.pause(&failure, NO_USUAL, now, &jitter).is_some());
        assert_eq!(pauses, repeats, "{class}");
    }
}

#[test]
fn a_rate_limit_with_a_hint_that_fits_is_repeated_after_it() {
    let now = Instant::now();
    let jitter = Jitter::seeded(1);
    let failure = Failure::new(Class::RateLimited).with_retry_after(SECOND * 2);
    for _ in 0..1000 {
        let wait = turn(now).pause(&failure, NO_USUAL, now, &jitter).unwrap();
        assert!(wait >= SECOND * 2 && wait < SECOND * 2 + Duration::from_millis(250));
    }
}

#[test]
fn a_hint_beyond_the_window_ends_the_turn() {
    let now = Instant::now();
    let jitter = Jitter::seeded(1);
    let pause = |hint: Duration, now| {
        let failure = Failure::new(Class::Overloaded).with_retry_after(hint);
        turn(now - SECOND * 5).pause(&failure, NO_USUAL, now, &jitter)
    };
    // Five of eight seconds are gone.
    assert!(pause(SECOND * 5 / 2, now).is_some());
    assert_eq!(pause(SECOND * 3, now), None);
    assert_eq!(pause(Duration::MAX, now), None);
}

#[test]
fn no_attempt_starts_outside_the_window_however_the_dice_fall() {
    let start = Instant::now();
    let jitter = Jitter::seeded(1);
    let end = start + SECOND * 8;
    let hinted = Failure::new(Class::Overloaded).with_retry_after(Duration::from_millis(30));
    for deadline in [None, Some(start + SECOND * 300)] {
        for failure in [&Failure::new(Class::ServerError), &hinted] {
            let turn = Turn::new(Rules::default(), deadline, start);
            let now = end - Duration::from_millis(40);
            for _ in 0..1000 {
                assert!(now + turn.pause(failure, NO_USUAL, now, &jitter).unwrap() < end);
            }
            assert_eq!(turn.pause(failure, NO_USUAL, end, &jitter), None);
            assert_eq!(turn.pause(failure, NO_USUAL, end + SECOND * 60, &jitter), None);
        }
    }
}

#[test]
fn an_answer_must_still_fit_before_the_deadline() {
    let now = Instant::now();
    let jitter = Jitter::seeded(1);
    let failure = Failure::new(Class::ServerError);
    let turn = Turn::new(Rules::default(), Some(now + SECOND * 3), now);
    assert!(turn.pause(&failure, SECOND * 2, now, &jitter).unwrap() < SECOND);
    assert_eq!(turn.pause(&failure, SECOND * 3, now, &jitter), None);
    assert_eq!(turn.pause(&failure, SECOND * 300, now, &jitter), None);
    assert_eq!(turn.pause(&failure, NO_USUAL, now + SECOND * 3, &jitter), None);
}

#[test]
fn absurd_rules_are_taken_as_far_as_they_go() {
    let now = Instant::now();
    let jitter = Jitter::seeded(1);
    let failure = Failure::new(Class::ServerError).with_retry_after(SECOND);
    let endless =
        Rules { attempts: u32::MAX, window: Duration::MAX, base: Duration::MAX, cap: Duration::MAX };
    assert!(Turn::new(endless, None, now).pause(&failure, Duration::MAX, now, &jitter).is_some());
    let nothing = Rules { attempts: 0, window: SECOND, base: SECOND, cap: SECOND };
    assert_eq!(Turn::new(nothing, None, now).pause(&failure, NO_USUAL, now, &jitter), None);
    let no_window = Rules { window: Duration::ZERO, ..Rules::default() };
    assert_eq!(Turn::new(no_window, None, now).pause(&failure, NO_USUAL, now, &jitter), None);
}
