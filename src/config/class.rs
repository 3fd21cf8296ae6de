use std::collections::BTreeMap;

use super::model::{Class, Member, Provider};
use super::near::nearest;
use super::section::Section;
use super::settings::Settings;
use super::value;
use crate::health_routing::WhenAllDown;

type Providers = BTreeMap<String, Provider>;

/// Reads `[classes.NAME]` over the settings of the top level and of the providers.
pub(super) fn read(name: &str, mut section: Section<'_>, global: &Settings, providers: &Providers) -> Class {
    let deadline = section.read("deadline", value::duration);
    let choices = [("fail_fast", WhenAllDown::FailFast), ("last_resort", WhenAllDown::LastResort)];
    let when_all_down =
        section.read("when_all_down", |value| value::choice(value, &choices)).unwrap_or_default();
    let header = section.label_of("members");
    let remedy = format!("add [{header}] with `provider` and `model` for each member, the primary first");
    let elements = section.require("members", remedy, |_| Ok(())).and_then(|()| section.elements("members"));
    let mut members = read_members(elements.unwrap_or_default(), &section, providers);
    let mut settings = global.clone();
    settings.read(&mut section);
    for member in &mut members {
        member.settings.read(&mut section);
    }
    section.close();
    Class { name: name.to_owned(), deadline, when_all_down, members, settings }
}

fn read_members(elements: Vec<Section<'_>>, class: &Section<'_>, providers: &Providers) -> Vec<Member> {
    let mut members: Vec<Member> = Vec::with_capacity(elements.len());
    for element in elements {
        let at = element.at();
        let label = element.label();
        let Some(member) = read_member(element, providers) else { continue };
        if members.iter().any(|other| other.provider == member.provider && other.model == member.model) {
            let Member { provider, model, .. } = &member;
            class.complain(
                at,
                format!("`{model}` at `{provider}` is in {label} twice; asking it again is what [retry] is for, so remove one"),
            );
        }
        members.push(member);
    }
    members
}

fn read_member(mut section: Section<'_>, providers: &Providers) -> Option<Member> {
    let remedy = "name one of [providers]";
    let provider = section.require("provider", remedy, |value| known(value::text(value)?, providers));
    let model =
        section.require("model", "name it as the provider does, as model = \"gpt-5-mini\"", value::text);
    let degraded = section.read("degraded", value::flag).unwrap_or_default();
    let interchangeable = section.read("interchangeable", value::flag).unwrap_or_default();
    section.close();
    let (name, provider) = provider?;
    let (model, settings) = (model?.to_owned(), provider.settings.clone());
    Some(Member { provider: name, model, degraded, interchangeable, settings })
}

fn known<'a>(name: &str, providers: &'a Providers) -> Result<(String, &'a Provider), String> {
    if let Some(provider) = providers.get(name) {
        return Ok((name.to_owned(), provider));
    }
    let names = || providers.keys().map(String::as_str);
    Err(match nearest(name, names()) {
        Some(meant) => format!("names the unknown provider `{name}`; did you mean `{meant}`?"),
        None if providers.is_empty() => {
            format!(
                "names the unknown provider `{name}`; add [providers.{name}] with `dialect` and `base_url`"
            )
        }
        None => format!(
            "names the unknown provider `{name}`; the providers are {}; or add [providers.{name}]",
            value::listed(names())
        ),
    })
}
