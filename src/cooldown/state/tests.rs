use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn refused(seconds: u64) -> Verdict<'static> {
    Verdict::Cool { time: Duration::from_secs(seconds), class: Class::Auth }
}

fn cooled(seconds: u64, now: Instant) -> State {
    let mut state = State::default();
    let ticket = state.admit(now).unwrap();
    state.settle(ticket, refused(seconds), now);
    state
}

#[test]
fn a_refusal_cools_and_names_the_moment() {
    let now = Instant::now();
    let mut state = cooled(300, now);
    assert_eq!(state.admit(now + 100 * SECOND), Err(Some(200 * SECOND)));
    assert_eq!(state.until(now), Some(now + 300 * SECOND));
    assert_eq!(state.take_event(), Some(Event::Began { class: Class::Auth, time: 300 * SECOND }));
}

#[test]
fn when_the_time_is_over_one_call_passes_until_it_has_spoken() {
    let now = Instant::now();
    let mut state = cooled(300, now);
    let later = now + 300 * SECOND;
    assert_eq!(state.availability(later), Availability::Probation);
    let probe = state.admit(later).unwrap();
    assert!(probe.is_probe);
    assert_eq!(state.admit(later), Err(None));
    state.settle(probe, Verdict::Well, later);
    assert_eq!(state.availability(later), Availability::Up);
    assert!(!state.admit(later).unwrap().is_probe);
}

#[test]
fn a_probe_that_is_refused_cools_anew_and_one_that_says_nothing_makes_room() {
    let now = Instant::now();
    let mut state = cooled(1, now);
    let probe = state.admit(now + SECOND).unwrap();
    state.settle(probe, Verdict::Nothing, now + SECOND);
    let probe = state.admit(now + SECOND).unwrap();
    state.take_event();
    state.settle(probe, refused(7), now + 2 * SECOND);
    assert_eq!(state.take_event(), Some(Event::WentOn { class: Class::Auth, time: 7 * SECOND }));
    assert_eq!(state.admit(now + 2 * SECOND), Err(Some(7 * SECOND)));
}

#[test]
fn a_probe_that_hangs_loses_its_place_and_its_voice() {
    let now = Instant::now();
    let mut state = cooled(1, now);
    let hung = state.admit(now + SECOND).unwrap();
    let later = now + SECOND + LEASE;
    let probe = state.admit(later).unwrap();
    state.settle(hung, Verdict::Well, later);
    assert_eq!(state.admit(later), Err(None), "the verdict is the new probe's");
    state.settle(probe, Verdict::Well, later);
    assert_eq!(state.availability(later), Availability::Up);
}

#[test]
fn it_is_extended_and_never_shortened() {
    let now = Instant::now();
    let mut state = State::default();
    let tickets: Vec<_> = (0..3).map(|_| state.admit(now).unwrap()).collect();
    for (ticket, seconds) in tickets.into_iter().zip([300, 20, 3600]) {
        state.settle(ticket, refused(seconds), now);
    }
    assert_eq!(state.until(now), Some(now + 3600 * SECOND));
    state.cool(SECOND, Class::Auth, now);
    assert_eq!(state.until(now), Some(now + 3600 * SECOND));
    assert!(state.take_event().is_some_and(|event| matches!(event, Event::Began { .. })));
    assert_eq!(state.take_event(), None, "one event for one cooldown");
}

#[test]
fn no_cooldown_is_longer_than_a_day() {
    let now = Instant::now();
    let mut state = State::default();
    state.cool(Duration::MAX, Class::QuotaExhausted, now);
    assert_eq!(state.until(now), Some(now + LONGEST));
}

#[test]
fn a_straggler_neither_ends_a_cooldown_nor_begins_another() {
    let now = Instant::now();
    let mut state = State::default();
    let (first, straggler) = (state.admit(now).unwrap(), state.admit(now).unwrap());
    state.settle(first, refused(300), now);
    state.settle(straggler, Verdict::Well, now);
    assert!(matches!(state.availability(now), Availability::Down(Some(_))));
    state.clear();
    state.settle(straggler, refused(300), now);
    assert_eq!(state.availability(now), Availability::Up);
}

#[test]
fn a_host_is_down_when_three_of_its_members_in_a_row_could_not_reach_it() {
    let now = Instant::now();
    let mut state = State::default();
    let [a, b, c] = ["a", "b", "c"].map(Arc::from);
    let unreachable = |member| Verdict::Unreachable { member };
    let mut say = |verdict| {
        if let Ok(ticket) = state.admit(now) {
            state.settle(ticket, verdict, now);
        }
        state.availability(now)
    };
    for _ in 0..9 {
        assert_eq!(say(unreachable(&a)), Availability::Up, "one member is a matter of its own circuit");
    }
    assert_eq!(say(unreachable(&b)), Availability::Up);
    assert_eq!(say(Verdict::Well), Availability::Up);
    assert_eq!(say(unreachable(&c)), Availability::Up);
    assert_eq!(say(unreachable(&a)), Availability::Up);
    assert_eq!(say(unreachable(&b)), Availability::Down(Some(UNREACHABLE)));
}

#[test]
fn the_word_says_when_an_answer_has_something_to_mend() {
    let now = Instant::now();
    let mut state = State::default();
    assert!(state.word().is_at_rest() && state.word().passing().is_some());
    let ticket = state.admit(now).unwrap();
    state.settle(ticket, Verdict::Unreachable { member: &"a".into() }, now);
    assert!(!state.word().is_at_rest() && state.word().passing() == Some(ticket));
    state.settle(ticket, refused(1), now);
    assert!(state.word().passing().is_none());
}
