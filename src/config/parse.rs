use std::path::Path;
use std::str::FromStr;

use toml::de::DeTable;

use super::error::ConfigError;
use super::model::{Config, DebugSettings};
use super::problems::Problems;
use super::provider::Env;
use super::section::Section;
use super::settings::Settings;
use super::value::{self, Value};
use super::{class, models, provider};

impl Config {
    /// Reads and checks a file. Keys come from the environment where `api_key_env` says so.
    ///
    /// # Errors
    /// All that is wrong with the file.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, ConfigError> {
        let path = path.as_ref();
        let text = std::fs::read_to_string(path).map_err(|error| ConfigError::unreadable(&error));
        text.and_then(|text| text.parse()).map_err(|error| error.in_file(path.display().to_string()))
    }

    /// Reads and checks a text, with `env` in place of the environment.
    ///
    /// # Errors
    /// All that is wrong with the text.
    pub fn parse_with<E>(text: &str, env: E) -> Result<Self, ConfigError>
    where
        E: Fn(&str) -> Option<String>,
    {
        let problems = Problems::new(text);
        let (document, errors) = DeTable::parse_recoverable(text);
        for error in &errors {
            let at = error.span().map_or_else(|| problems.end(), |span| span.start);
            problems.add(at, format!("not valid TOML: {}", error.message()));
        }
        // What the parser guesses of a broken text would only mislead.
        problems.check()?;
        let config = read(Section::root(document.get_ref(), &problems), &env);
        problems.check()?;
        Ok(config)
    }
}

/// As [`Config::parse_with`], with the environment of this process.
impl FromStr for Config {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        Self::parse_with(text, |name| std::env::var(name).ok())
    }
}

/// What it returns is meaningful only if there are no problems.
fn read(mut root: Section<'_>, env: Env<'_>) -> Config {
    let listen = root.read("listen", address).unwrap_or_else(|| "127.0.0.1:8080".to_owned());
    let mut settings = Settings::default();
    settings.read(&mut root);
    let mut debug = DebugSettings::default();
    if let Some(mut section) = root.table("debug") {
        section.set("routes", &mut debug.routes, value::flag);
        section.close();
    }
    let providers = root.table("providers").into_iter().flat_map(Section::tables);
    let providers =
        providers.map(|(name, section)| (name.to_owned(), provider::read(section, &settings, env))).collect();
    let models = models::read(root.table("models"));
    let remedy = "add one with [[classes.workhorse.members]], and below it `provider` and `model`";
    root.require("classes", remedy, |value| match value.as_table() {
        Some(classes) if classes.is_empty() => Err(format!("has no class; {remedy}")),
        _ => Ok(()),
    });
    let classes = root.table("classes").into_iter().flat_map(Section::tables);
    let classes = classes.map(|(name, section)| class::read(name, section, &settings, &providers)).collect();
    root.close();
    Config { listen, providers, classes, models, settings, debug }
}

/// Whether the host is one of this machine's, only binding to it will tell.
fn address(value: &Value<'_>) -> Result<String, String> {
    let text = value::text(value)?;
    let is_address = text.rsplit_once(':').is_some_and(|(host, port)| {
        let is_ip_v6 = host.starts_with('[') && host.ends_with(']');
        !host.is_empty() && (is_ip_v6 || !host.contains([':', '/'])) && port.parse::<u16>().is_ok()
    });
    if is_address {
        return Ok(text.to_owned());
    }
    Err(format!("is no address: `{text}`; write host and port, as \"127.0.0.1:8080\" or \"0.0.0.0:8080\""))
}
