use bytes::Bytes;
use http::{Extensions, Request};
use tokio::time::Instant;

use super::joint::Joint;
use super::layer::Limits;
use super::record::Record;
use super::step::{Step, Steps, Way};
use super::voice::End;
use super::{Mend, Seam};
use crate::body::Buffered;
use crate::facts::{Attempts, Deadline, Exclusions, Member, OtherWays, Prefill, Served, Spent, Usage};
use crate::failure::{BoxError, Class, Failure};

/// All of a stream has to be written out to be read, once it has broken off: so many times what is kept of it. What is
/// kept of usual ones is less, and others could be alike for ever.
const MOST_UNPACKED: usize = 16;

/// What is known of an answer, and what has been done to complete it. Pure: it is told the time, and does no I/O.
#[derive(Debug)]
pub(super) struct Mending {
    /// What the caller has, as it was sent; `None` where that was too much.
    sent: Option<Record>,
    remember: usize,
    is_stall: fn(&BoxError) -> bool,
    /// Who speaks.
    member: Option<Member>,
    /// What his answer costs, where he tells more of it than the caller can be told.
    meter: Option<Spent>,
    /// Who broke off.
    broken: Vec<Member>,
    /// One of them was asked again.
    has_returned: bool,
    left: usize,
    seam: Option<Seam>,
    /// What the attempts have cost that are over.
    spent: Usage,
    steps: Option<Steps>,
    joint: Option<Joint>,
    out: Vec<u8>,
    /// Why the answer broke off: what the caller is told if it cannot be completed.
    error: Option<BoxError>,
}

/// What comes next.
pub(super) enum Next {
    /// Ask this.
    Ask(Box<Request<Buffered>>),
    /// Nothing more will come; by the error, if there is one.
    End,
}

impl Mending {
    pub(super) fn new(response: &Extensions, limits: &Limits) -> Self {
        Self {
            sent: Some(Record::new()),
            remember: limits.remember,
            is_stall: limits.is_stall,
            member: member(response),
            meter: response.get().cloned(),
            broken: Vec::new(),
            has_returned: false,
            left: limits.resumptions,
            seam: None,
            spent: Usage::default(),
            steps: None,
            joint: None,
            out: Vec::new(),
            error: None,
        }
    }

    /// The caller gets this, as it is. Says whether the answer could still be completed.
    pub(super) fn passed(&mut self, data: &[u8]) -> bool {
        if let Some(sent) = &mut self.sent {
            sent.push(data);
            if sent.kept() > self.remember || sent.len() / MOST_UNPACKED > self.remember {
                self.sent = None;
            }
        }
        self.sent.is_some()
    }

    /// What there is for the caller.
    pub(super) fn take(&mut self) -> Option<Bytes> {
        (!self.out.is_empty()).then(|| std::mem::take(&mut self.out).into())
    }

    /// The other stream has come to its end.
    pub(super) fn is_whole(&self) -> bool {
        self.joint.as_ref().is_some_and(|joint| joint.voice.is_whole())
    }

    pub(super) const fn has_error(&self) -> bool {
        self.error.is_some()
    }

    /// Why the stream ends, if it does not end well; told once.
    pub(super) const fn take_error(&mut self) -> Option<BoxError> {
        self.error.take()
    }

    /// The stream that spoke last has broken off.
    pub(super) fn cut<P: Mend>(
        &mut self,
        error: BoxError,
        policy: &P,
        request: &Request<Buffered>,
        now: Instant,
    ) -> Next {
        let may_go_on = self.left > 0 && is_mendable(&error);
        let is_stall = (self.is_stall)(&error);
        self.error = Some(error);
        if let Some(sent) = self.sent.take() {
            self.seam = policy.seam(request, &sent.into_bytes()).filter(|_| may_go_on);
            // What comes here was not read until now.
            let told = self.seam.as_ref().map_or(Usage::default(), |seam| seam.usage);
            self.account(told, request);
        }
        if !may_go_on {
            return Next::End;
        }
        self.left -= 1;
        self.broken.extend(self.member.take());
        self.steps = Some(Steps::new(self.is_known(), is_stall || self.left == 0));
        self.ask(policy, request, now)
    }

    /// The attempt has come to nothing, for a reason of this class if there was one.
    pub(super) fn failed<P: Mend>(
        &mut self,
        class: Option<Class>,
        policy: &P,
        request: &Request<Buffered>,
        now: Instant,
    ) -> Next {
        // What one provider's filter refuses is not asked of the next.
        if matches!(class, Some(Class::ContentPolicy | Class::DeadlineExceeded | Class::Cancelled)) {
            return Next::End;
        }
        let step = self.step();
        let way = step.map(|step| step.way.as_str());
        tracing::debug!(
            way,
            class = class.map(Class::as_str),
            "an answer could not be completed in this way"
        );
        let nobody_was_asked = class.is_some_and(Class::is_local);
        // Who cannot take what was begun is none the worse for it, and may still repeat it.
        let is_refusal = nobody_was_asked || class == Some(Class::InvalidRequest);
        self.has_returned |= !is_refusal && step.is_some_and(|step| !step.elsewhere);
        self.next_step(nobody_was_asked);
        self.ask(policy, request, now)
    }

    /// Somebody answers.
    pub(super) fn join<P: Mend>(&mut self, response: &Extensions, policy: &P) {
        let (Some(step), Some(seam)) = (self.step(), &self.seam) else { return };
        let member = member(response);
        self.has_returned |= member.as_ref().is_some_and(|member| self.broken.contains(member));
        let mark = policy.mark(response).map_or_else(Vec::new, Vec::from);
        self.joint = Some(Joint::new(step.way, seam, self.spent, mark));
        self.member = member;
        self.meter = response.get().cloned();
    }

    /// Reads what came of the other stream; says whether it is over.
    pub(super) fn push(&mut self, chunk: Bytes) -> bool {
        self.with_joint(|joint, seam, out| joint.push(chunk, seam, out))
    }

    /// The other stream is over, by `error` if there was one.
    pub(super) fn finish(&mut self, error: Option<BoxError>) {
        self.with_joint(|joint, seam, out| joint.finish(error, seam, out));
    }

    fn with_joint(&mut self, read: impl FnOnce(&mut Joint, &mut Seam, &mut Vec<u8>)) -> bool {
        let step = self.step();
        let (Some(joint), Some(seam)) = (&mut self.joint, &mut self.seam) else { return true };
        let was_silent = !joint.voice.has_spoken();
        read(joint, seam, &mut self.out);
        if was_silent && joint.voice.has_spoken() {
            let member = self.member.as_ref().map(tracing::field::display);
            let way = step.map(|step| step.way.as_str());
            tracing::warn!(member, way, "an answer that broke off is completed by another attempt");
        }
        joint.voice.has_ended()
    }

    /// What comes after the other stream, once it is over.
    pub(super) fn conclude<P: Mend>(
        &mut self,
        policy: &P,
        request: &Request<Buffered>,
        now: Instant,
    ) -> Next {
        let Some((mut joint, seam)) = self.joint.take().zip(self.seam.as_ref()) else { return Next::End };
        let (has_spoken, is_plain) = (joint.voice.has_spoken(), joint.voice.is_plain(seam));
        let usage = joint.voice.usage();
        self.account(usage, request);
        match joint.take_end() {
            Some(End::Whole) => {
                self.error = None;
                Next::End
            }
            Some(End::Cut(error)) if has_spoken => {
                let error = error.map_or_else(|| Failure::new(Class::Interrupted).into(), interrupted);
                if is_plain {
                    return self.cut(error, policy, request, now);
                }
                self.error = Some(error);
                Next::End
            }
            Some(End::Cut(error)) => {
                let class = error.as_ref().map(|error| Failure::of(error).class());
                self.failed(class.filter(|class| !class.is_local()), policy, request, now)
            }
            Some(End::Foiled) | None if has_spoken => Next::End,
            Some(End::Foiled) | None => self.failed(None, policy, request, now),
        }
    }

    /// An attempt is over, of whose cost the caller's stream told so much.
    fn account(&mut self, told: Usage, request: &Request<Buffered>) {
        let usage = self.meter.take().map_or(told, |meter| told.updated(meter.usage()));
        if usage == Usage::default() {
            return;
        }
        self.spent = self.spent.plus(usage);
        if let (Some(log), Some(member)) = (Attempts::find(request.extensions()), &self.member) {
            log.spent(member, usage);
        }
    }

    fn is_known(&self) -> bool {
        !self.broken.is_empty()
    }

    fn step(&self) -> Option<Step> {
        self.steps.as_ref().and_then(Steps::current)
    }

    fn next_step(&mut self, nobody_was_asked: bool) {
        if let Some(steps) = &mut self.steps {
            steps.failed(nobody_was_asked, !self.has_returned);
        }
    }

    fn ask<P: Mend>(&mut self, policy: &P, request: &Request<Buffered>, now: Instant) -> Next {
        if Deadline::find(request.extensions()).is_some_and(|deadline| deadline.remaining(now).is_zero()) {
            return Next::End;
        }
        while let (Some(step), Some(seam)) = (self.step(), &self.seam) {
            let derived = match step.way {
                Way::Continue => begun(policy, request, seam.text.trim_end()),
                Way::Repeat => Some(request.clone()),
            };
            if let Some(mut derived) = derived {
                // In the midst of an answer silence is long: a member that says nothing is not waited for as the last
                // one of a call is.
                derived.extensions_mut().insert(OtherWays);
                if step.elsewhere {
                    derived.extensions_mut().insert(self.exclusions(request));
                }
                return Next::Ask(Box::new(derived));
            }
            self.next_step(false);
        }
        Next::End
    }

    /// The caller's own, and whoever broke off.
    fn exclusions(&self, request: &Request<Buffered>) -> Exclusions {
        let own = Exclusions::find(request.extensions()).cloned().unwrap_or_default();
        self.broken.iter().fold(own, |all, member| all.and(member.to_string()))
    }
}

fn member(response: &Extensions) -> Option<Member> {
    response.get::<Served>().map(|served| served.member.clone())
}

/// The request whose answer has been begun.
fn begun<P: Mend>(policy: &P, request: &Request<Buffered>, text: &str) -> Option<Request<Buffered>> {
    let mut derived =
        Some(text).filter(|text| !text.is_empty()).and_then(|text| policy.continue_request(request, text))?;
    derived.extensions_mut().insert(Prefill);
    Some(derived)
}

/// An interruption, and not by a filter: what one provider will not say to its end is not asked of another.
fn is_mendable(error: &BoxError) -> bool {
    let is_interrupted =
        Failure::find(error.as_ref()).is_some_and(|failure| failure.class() == Class::Interrupted);
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error.as_ref());
    while let Some(error) = cause {
        let failure = error.downcast_ref::<Failure>();
        if failure.is_some_and(|failure| failure.class() == Class::ContentPolicy) {
            return false;
        }
        cause = error.source();
    }
    is_interrupted
}

/// Whatever it was, the caller has heard something by now.
fn interrupted(error: BoxError) -> BoxError {
    match Failure::find(error.as_ref()).map(Failure::class) {
        Some(Class::Interrupted | Class::DeadlineExceeded | Class::Cancelled) => error,
        _ => Failure::new(Class::Interrupted).with_source(error).into(),
    }
}
