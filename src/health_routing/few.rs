/// So many are kept in place; a set with more members allocates.
const IN_PLACE: usize = 8;

/// A list of a few small things: one for each member of a set, of which there are seldom five.
#[derive(Clone, Debug)]
pub(super) struct Few<T> {
    in_place: [T; IN_PLACE],
    length: usize,
    rest: Vec<T>,
}

impl<T: Copy + Default> Few<T> {
    pub(super) fn new() -> Self {
        Self { in_place: [T::default(); IN_PLACE], length: 0, rest: Vec::new() }
    }

    pub(super) fn push(&mut self, item: T) {
        match self.in_place.get_mut(self.length) {
            Some(place) => *place = item,
            None => self.rest.push(item),
        }
        self.length += 1;
    }

    pub(super) const fn len(&self) -> usize {
        self.length
    }

    pub(super) fn get(&self, index: usize) -> Option<T> {
        if index >= self.length {
            return None;
        }
        self.in_place.get(index).or_else(|| self.rest.get(index - IN_PLACE)).copied()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = T> + '_ {
        let in_place = self.in_place.iter().take(self.length);
        in_place.chain(&self.rest).copied()
    }

    /// Those kept in place.
    pub(super) fn first_mut(&mut self) -> &mut [T] {
        let length = self.length.min(IN_PLACE);
        &mut self.in_place[..length]
    }
}

impl<T: Copy + Default> FromIterator<T> for Few<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        let mut few = Self::new();
        items.into_iter().for_each(|item| few.push(item));
        few
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_a_list_however_long() {
        for length in [0, 1, IN_PLACE, IN_PLACE + 1, 100] {
            let few: Few<usize> = (0..length).collect();
            assert_eq!(few.len(), length);
            assert!(few.iter().eq(0..length));
            assert!((0..length).all(|index| few.get(index) == Some(index)));
            assert_eq!(few.get(length), None);
        }
    }
}
