//! Where what is known by a key stands in a list.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;

/// So many are looked through one by one, which takes less than to hash one.
const FEW: usize = 16;

/// The slots of a list by the keys of what stands in them. The list only grows; of several with one key the last is
/// found. Nearly always there are few: but a stream may name tens of thousands, and each piece of it is looked for.
#[derive(Debug)]
pub(in crate::dialect) struct Slots<K> {
    few: Vec<(K, usize)>,
    /// All, once there are more than a few.
    many: HashMap<K, usize>,
}

impl<K> Default for Slots<K> {
    fn default() -> Self {
        Self { few: Vec::new(), many: HashMap::new() }
    }
}

impl<K> Slots<K>
where
    K: Eq + Hash,
{
    pub(in crate::dialect) fn get<Q>(&self, key: &Q) -> Option<usize>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        if self.many.is_empty() {
            return self.few.iter().find(|(known, _)| known.borrow() == key).map(|(_, slot)| *slot);
        }
        self.many.get(key).copied()
    }

    pub(in crate::dialect) fn insert(&mut self, key: K, slot: usize) {
        if self.many.is_empty() {
            if let Some((_, known)) = self.few.iter_mut().find(|(known, _)| *known == key) {
                *known = slot.max(*known);
                return;
            }
            if self.few.len() < FEW {
                return self.few.push((key, slot));
            }
            self.many.extend(self.few.drain(..));
        }
        let known = self.many.entry(key).or_insert(slot);
        *known = slot.max(*known);
    }

    #[cfg(any(feature = "anthropic-messages", feature = "gemini"))]
    pub(in crate::dialect) fn clear(&mut self) {
        self.few.clear();
        self.many.clear();
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::hash::Hasher;

    use super::*;

    thread_local! {
        static COMPARED: Cell<usize> = const { Cell::new(0) };
    }

    /// A key that counts how often it is compared.
    #[derive(Debug)]
    struct Counting(usize);

    impl PartialEq for Counting {
        fn eq(&self, other: &Self) -> bool {
            COMPARED.set(COMPARED.get() + 1);
            self.0 == other.0
        }
    }

    impl Eq for Counting {}

    impl Hash for Counting {
        fn hash<H>(&self, state: &mut H)
        where
            H: Hasher,
        {
            self.0.hash(state);
        }
    }

    #[test]
    fn the_last_of_one_key_is_found_among_few_and_among_many() {
        for count in [3, FEW, FEW + 1, 100] {
            let mut slots = Slots::default();
            for slot in 0..count {
                slots.insert(format!("k{slot}"), slot);
            }
            assert_eq!((slots.get("k2"), slots.get("k")), (Some(2), None), "{count}");
            slots.insert("k2".to_owned(), count);
            slots.insert("k2".to_owned(), 0);
            assert_eq!(slots.get("k2"), Some(count));
            assert_eq!(slots.get("k1"), Some(1));
        }
    }

    #[test]
    fn each_look_compares_with_few() {
        let mut slots = Slots::default();
        for slot in 0..10_000 {
            slots.insert(Counting(slot), slot);
            assert_eq!(slots.get(&Counting(slot / 2)), Some(slot / 2));
        }
        assert!(COMPARED.get() < 10_000 * 2 * FEW, "{} comparisons", COMPARED.get());
    }
}
