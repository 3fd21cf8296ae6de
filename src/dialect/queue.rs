//! What waits for its turn, and is asked for by its number meanwhile.

use std::collections::VecDeque;

use super::slots::Slots;

/// First in, first out. However many wait, each is found at once.
#[derive(Debug)]
pub(in crate::dialect) struct Queue<T> {
    waiting: VecDeque<T>,
    /// Where they stand in the list of all that have waited, and how many of those are gone.
    slots: Slots<u32>,
    gone: usize,
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Self { waiting: VecDeque::new(), slots: Slots::default(), gone: 0 }
    }
}

impl<T> Queue<T> {
    pub(in crate::dialect) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    #[cfg(feature = "gemini")]
    pub(in crate::dialect) fn iter(&self) -> impl Iterator<Item = &T> {
        self.waiting.iter()
    }

    pub(in crate::dialect) fn get_mut(&mut self, number: u32) -> Option<&mut T> {
        let slot = self.slots.get(&number)?;
        self.waiting.get_mut(slot.checked_sub(self.gone)?)
    }

    pub(in crate::dialect) fn push(&mut self, number: u32, value: T) {
        self.slots.insert(number, self.gone + self.waiting.len());
        self.waiting.push_back(value);
    }

    /// The first, if it `is_due`.
    pub(in crate::dialect) fn pop_if(&mut self, is_due: impl FnOnce(&mut T) -> bool) -> Option<T> {
        if !is_due(self.waiting.front_mut()?) {
            return None;
        }
        let first = self.waiting.pop_front();
        self.gone += 1;
        if self.waiting.is_empty() {
            self.slots.clear();
            self.gone = 0;
        }
        first
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_is_found_by_its_number_until_its_turn_has_come() {
        let mut queue = Queue::default();
        for number in 0..100 {
            queue.push(number, number);
        }
        assert_eq!(queue.pop_if(|_| false), None);
        assert_eq!((queue.pop_if(|_| true), queue.pop_if(|_| true)), (Some(0), Some(1)));
        assert_eq!(queue.get_mut(1), None);
        assert_eq!(queue.get_mut(2).copied(), Some(2));
        // A number may come again when it is gone.
        queue.push(1, 7);
        assert_eq!(queue.get_mut(1).copied(), Some(7));
        while queue.pop_if(|_| true).is_some() {}
        assert!(queue.is_empty() && queue.get_mut(1).is_none());
    }
}
