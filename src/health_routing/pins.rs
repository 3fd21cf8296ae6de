use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::facts::Conversation;

/// As long as the longest of the providers' prompt caches.
const TIME: Duration = Duration::from_secs(3600);
const CAPACITY: usize = 10_000;

/// Which conversation stays with which member, by index. Shared by all routers over the same members.
#[derive(Debug, Default)]
pub(super) struct Pins {
    /// A copy of the number of pins: as long as there is none, asking takes no lock.
    count: AtomicUsize,
    book: Mutex<Book>,
}

/// A state machine: bounded, and told the time.
#[derive(Debug, Default)]
struct Book {
    pins: HashMap<u64, Pin>,
    /// In the order of pinning. What was pinned anew is in it twice, and its first place is void.
    order: VecDeque<(u64, Instant)>,
}

#[derive(Clone, Copy, Debug)]
struct Pin {
    member: usize,
    at: Instant,
}

impl Book {
    fn find(&mut self, conversation: u64, now: Instant) -> Option<usize> {
        self.forget(now);
        self.pins.get(&conversation).map(|pin| pin.member)
    }

    fn pin(&mut self, conversation: u64, member: usize, now: Instant) {
        self.forget(now);
        // An hour is an hour: a conversation that goes on does not keep itself away from the primary for ever.
        if self.pins.get(&conversation).is_some_and(|pin| pin.member == member) {
            return;
        }
        self.pins.insert(conversation, Pin { member, at: now });
        self.order.push_back((conversation, now));
        while self.order.len() > CAPACITY {
            self.drop_oldest();
        }
    }

    fn forget(&mut self, now: Instant) {
        while self.order.front().is_some_and(|(_, at)| now.saturating_duration_since(*at) >= TIME) {
            self.drop_oldest();
        }
    }

    fn drop_oldest(&mut self) {
        let Some((conversation, at)) = self.order.pop_front() else { return };
        if self.pins.get(&conversation).is_some_and(|pin| pin.at == at) {
            self.pins.remove(&conversation);
        }
    }
}

impl Pins {
    /// One atomic load.
    pub(super) fn is_empty(&self) -> bool {
        self.count.load(Ordering::Acquire) == 0
    }

    pub(super) fn find(&self, conversation: Conversation, now: Instant) -> Option<usize> {
        self.with(|book| book.find(conversation.key(), now))
    }

    pub(super) fn pin(&self, conversation: Conversation, member: usize, now: Instant) {
        self.with(|book| book.pin(conversation.key(), member, now));
    }

    pub(super) fn unpin(&self, conversation: Conversation) {
        self.with(|book| book.pins.remove(&conversation.key()));
    }

    pub(super) fn count(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    fn with<T>(&self, act: impl FnOnce(&mut Book) -> T) -> T {
        let mut book: MutexGuard<'_, Book> = self.book.lock().unwrap_or_else(PoisonError::into_inner);
        let done = act(&mut book);
        self.count.store(book.pins.len(), Ordering::Release);
        done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(number: usize) -> Conversation {
        Conversation::named(&number.to_string())
    }

    #[test]
    fn a_pin_holds_for_an_hour_and_use_does_not_prolong_it() {
        let (pins, now) = (Pins::default(), Instant::now());
        assert!(pins.is_empty());
        pins.pin(named(1), 2, now);
        assert!(!pins.is_empty());
        pins.pin(named(1), 2, now + TIME / 2);
        assert_eq!(pins.find(named(1), now + TIME / 2), Some(2));
        assert_eq!(pins.find(named(2), now), None);
        assert_eq!(pins.find(named(1), now + TIME), None);
        assert!(pins.is_empty());
    }

    #[test]
    fn a_conversation_that_moved_stays_an_hour_where_it_is_now() {
        let (pins, now) = (Pins::default(), Instant::now());
        pins.pin(named(1), 1, now);
        pins.pin(named(1), 2, now + TIME / 2);
        assert_eq!(pins.find(named(1), now + TIME), Some(2));
        assert_eq!(pins.find(named(1), now + TIME * 3 / 2), None);
    }

    #[test]
    fn the_oldest_make_room_and_memory_stays_bounded() {
        let (pins, now) = (Pins::default(), Instant::now());
        (0..3 * CAPACITY).for_each(|number| pins.pin(named(number), 1, now));
        assert_eq!(pins.count(), CAPACITY);
        assert_eq!(pins.find(named(2 * CAPACITY - 1), now), None);
        assert_eq!(pins.find(named(2 * CAPACITY), now), Some(1));
        // One that moves to and fro.
        (0..3 * CAPACITY).for_each(|number| pins.pin(named(0), number % 2, now));
        assert!(pins.with(|book| book.order.len()) <= CAPACITY);
    }

    #[test]
    fn what_is_unpinned_is_free_and_may_be_pinned_again() {
        let (pins, now) = (Pins::default(), Instant::now());
        pins.pin(named(1), 1, now);
        pins.unpin(named(1));
        assert!(pins.is_empty());
        pins.pin(named(1), 2, now);
        assert_eq!(pins.find(named(1), now), Some(2));
    }
}
