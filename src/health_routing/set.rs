use std::cell::LazyCell;
use std::ops::Range;
use std::time::Duration;

use tokio::time::Instant;

use super::candidate::About;
use super::few::Few;
use super::order::{Field, Order, Plan, Rank, Stand};
use super::tier::{self, Entrant};
use super::{Candidate, Memory, RoutingPolicy, Standing, WhenAllDown};
use crate::facts::{Availability, Conversation};

/// The members and how to choose among them; the primary's service is kept beside it.
#[derive(Clone, Debug)]
pub(super) struct Set<F, P> {
    pub(super) primary: About,
    pub(super) fallbacks: Vec<Candidate<F>>,
    pub(super) policy: P,
    pub(super) patience: Duration,
    pub(super) when_all_down: WhenAllDown,
    pub(super) memory: Memory,
}

/// What a call is known by, where that was worth finding out.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Known {
    pub(super) conversation: Option<Conversation>,
    /// The member it was pinned to.
    pub(super) pin: Option<usize>,
    /// It was asked for; there may be none.
    pub(super) is_read: bool,
}

impl<F, P> Set<F, P> {
    /// Long enough for a place in a queue to come free, short enough not to be felt by the caller.
    const PATIENCE: Duration = Duration::from_millis(500);

    pub(super) fn new(primary: About, fallbacks: Vec<Candidate<F>>, policy: P) -> Self {
        let (patience, when_all_down) = (Self::PATIENCE, WhenAllDown::default());
        Self { primary, fallbacks, policy, patience, when_all_down, memory: Memory::default() }
    }

    pub(super) fn with_policy<Q>(self, policy: Q) -> Set<F, Q> {
        let Self { primary, fallbacks, policy: _, patience, when_all_down, memory } = self;
        Set { primary, fallbacks, policy, patience, when_all_down, memory }
    }

    pub(super) fn len(&self) -> usize {
        self.fallbacks.len() + 1
    }

    pub(super) fn about(&self, index: usize) -> &About {
        let fallback = index.checked_sub(1).and_then(|fallback| self.fallbacks.get(fallback));
        fallback.map_or(&self.primary, |candidate| &candidate.about)
    }

    /// The member named last.
    pub(super) fn last(&mut self) -> &mut About {
        self.fallbacks.last_mut().map_or(&mut self.primary, |candidate| &mut candidate.about)
    }

    fn all(&self) -> impl Iterator<Item = &About> {
        std::iter::once(&self.primary).chain(self.fallbacks.iter().map(|candidate| &candidate.about))
    }

    fn is_interchangeable(&self, index: usize) -> bool {
        index < self.len() && self.about(index).is_interchangeable
    }

    /// The tier that begins with this member: itself, and those after it that are interchangeable with it.
    pub(super) fn tier(&self, first: usize) -> Range<usize> {
        let end = (first..self.len()).take_while(|index| self.is_interchangeable(*index)).last();
        first..end.map_or(first + 1, |last| last + 1)
    }

    fn has_tiers(&self) -> bool {
        (1..self.len()).any(|index| self.is_interchangeable(index - 1) && self.is_interchangeable(index))
    }

    /// Does it matter where conversations stay, also when all is well?
    fn has_first_tier(&self) -> bool {
        self.is_interchangeable(0) && self.is_interchangeable(1)
    }

    /// Is a conversation that this member has served to stay with it? With the primary alone it is anyway.
    pub(super) fn is_to_be_pinned(&self, index: usize) -> bool {
        index > 0 || self.has_first_tier()
    }

    /// What the call is known by, if anything hangs on it.
    pub(super) fn known<Req, Res>(&self, request: &Req) -> Known
    where
        P: RoutingPolicy<Req, Res>,
    {
        let is_worth_it = self.len() > 1 && (!self.memory.pins().is_empty() || self.has_first_tier());
        if is_worth_it { self.read(request) } else { Known::default() }
    }

    pub(super) fn read<Req, Res>(&self, request: &Req) -> Known
    where
        P: RoutingPolicy<Req, Res>,
    {
        let conversation = self.policy.conversation(request);
        let pins = self.memory.pins();
        let goes_on = conversation.filter(|conversation| !conversation.begins() && !pins.is_empty());
        let pin = goes_on.and_then(|conversation| pins.find(conversation, Instant::now()));
        Known { conversation, pin, is_read: true }
    }

    /// Whom to ask, and in which order.
    pub(super) fn plan<Req, Res>(&self, request: &Req, pin: Option<usize>) -> Plan
    where
        P: RoutingPolicy<Req, Res>,
    {
        // Asked only by members that know of their health.
        let now: LazyCell<Instant> = LazyCell::new(Instant::now);
        let stand = |about: &About| {
            if self.policy.excludes(request, &about.member) { Stand::Excluded } else { about.stand(&now) }
        };
        let field = Field::of(self.all().map(stand));
        if field.is_all_good() && pin.is_none() && !self.has_tiers() {
            return Plan::Ask(Order::declared(self.len()));
        }
        let good = self.good(&field, pin, &now);
        field.plan(good)
    }

    /// The good ones, in order: the pinned one, then tier by tier.
    fn good(&self, field: &Field, pin: Option<usize>, now: &LazyCell<Instant>) -> Few<u16> {
        // A pin holds no conversation to a member that has trouble.
        let pin = pin.filter(|index| field.is(*index, Rank::Good));
        let mut good = Few::new();
        pin.into_iter().for_each(|index| good.push(index as u16));
        let mut first = 0;
        while first < self.len() {
            let tier = self.tier(first);
            first = tier.end;
            let members = tier.clone().filter(|index| field.is(*index, Rank::Good) && Some(*index) != pin);
            if tier.len() == 1 {
                members.for_each(|index| good.push(index as u16));
                continue;
            }
            let mut entrants: Few<Entrant> = members.map(|index| self.entrant(index, **now)).collect();
            tier::rank(&mut entrants);
            // A pinned conversation says nothing about whom others should be sent to.
            if let (Some(best), None) = (entrants.get(0), pin) {
                if !best.is_probed {
                    self.memory.choose(best.index, tier);
                }
            }
            entrants.iter().for_each(|entrant| good.push(entrant.index as u16));
        }
        good
    }

    fn entrant(&self, index: usize, now: Instant) -> Entrant {
        let about = self.about(index);
        Entrant {
            index,
            vitals: about.vitals(now).unwrap_or_default(),
            is_chosen: self.memory.is_chosen(index),
            is_probed: about.availability(now) == Availability::Probation,
        }
    }

    /// How each member stands, as declared; only looks.
    pub(super) fn standings(&self, now: Instant) -> Vec<Standing> {
        let looks: Vec<_> = self.all().map(|about| (about.availability(now), about.vitals(now))).collect();
        let field = Field::of(looks.iter().map(|(availability, _)| Stand::In(*availability)));
        let good = self.good(&field, None, &LazyCell::new(Instant::now));
        let order: Vec<usize> = match field.plan(good) {
            Plan::Ask(order) => order.collect(),
            Plan::AllDown(_) => Vec::new(),
        };
        let standing = |(index, (availability, vitals))| Standing {
            member: self.about(index).member.clone(),
            turn: order.iter().position(|other| *other == index).map(|turn| turn + 1),
            is_interchangeable: self.is_interchangeable(index),
            availability,
            vitals,
        };
        looks.into_iter().enumerate().map(standing).collect()
    }
}
