use super::{Growing, Place, Sequence, done};
use crate::dialect::canonical::Text;
use crate::dialect::looks::Looks;
use crate::dialect::openai_responses::response::item::{self, Callee};
use crate::dialect::quoted::quoted;

/// A call of a tool.
#[derive(Debug)]
pub(in super::super) struct Call {
    pub(super) place: Place,
    call_id: String,
    name: String,
    pub(super) arguments: Growing,
    /// No more of it will come.
    pub(super) is_over: bool,
    /// It is to be looked at whether it has ended.
    pub(super) is_fresh: bool,
    looks: Looks,
    /// What the last look has shown.
    was_whole: bool,
}

impl Call {
    pub(in super::super) fn open(
        place: Place,
        [call_id, name]: [&Text<'_>; 2],
        sequence: &mut Sequence,
        out: &mut Vec<u8>,
    ) -> Self {
        let kind = "response.function_call_arguments.delta";
        let arguments = Growing::new(kind, b"", |out| place.whole(out));
        let (call_id, name) = (call_id.to_string(), name.to_string());
        let call = Self {
            place,
            call_id,
            name,
            arguments,
            is_over: false,
            is_fresh: false,
            looks: Looks::default(),
            was_whole: false,
        };
        sequence.event(out, "response.output_item.added", |out| {
            call.place.item(out, |out| call.write(out, "in_progress"));
        });
        call
    }

    fn write(&self, out: &mut Vec<u8>, status: &str) {
        let callee = Callee { id: &self.place.id, call_id: &self.call_id, name: &self.name };
        item::call(out, callee, status, self.arguments.words());
    }

    /// Are the arguments JSON by now? Where very many pieces come between looks, the end of the answer is soon
    /// enough.
    pub(super) fn looks_whole(&mut self) -> bool {
        if self.looks.may_look(self.arguments.len()) {
            self.was_whole = self.is_whole();
        }
        self.was_whole
    }

    fn is_whole(&self) -> bool {
        serde_json::from_str::<serde::de::IgnoredAny>(&self.arguments.read()).is_ok()
    }

    /// Ends the call; returns it whole. Callers parse what they are given: a call without arguments gets an
    /// empty object, unless it was cut off.
    pub(in super::super) fn close(
        mut self,
        is_cut: bool,
        sequence: &mut Sequence,
        out: &mut Vec<u8>,
    ) -> (usize, Vec<u8>) {
        let is_cut = is_cut && !self.is_whole();
        if self.arguments.words().is_empty() && !is_cut {
            self.arguments.push("{}", sequence, out);
        }
        sequence.event(out, "response.function_call_arguments.done", |out| {
            self.place.whole(out);
            out.extend_from_slice(br#","name":"#);
            quoted(out, &self.name);
            out.extend_from_slice(br#","arguments":"#);
            self.arguments.words().write(out);
        });
        let mut json = Vec::new();
        self.write(&mut json, if is_cut { "incomplete" } else { "completed" });
        done(&self.place, json, sequence, out)
    }
}
