use std::fmt;

/// What is wrong with a configuration: every problem that could be found, in the order of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    file: Option<String>,
    problems: Vec<Problem>,
    omitted: usize,
}

/// One thing that is wrong, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    line: Option<usize>,
    text: Option<String>,
    message: String,
}

impl ConfigError {
    pub(super) fn new(problems: Vec<Problem>, omitted: usize) -> Self {
        Self { file: None, problems, omitted }
    }

    /// The file itself could not be read.
    pub(super) fn unreadable(error: &std::io::Error) -> Self {
        Self::new(vec![Problem::new(None, format!("cannot be read: {error}"))], 0)
    }

    pub(super) fn in_file(mut self, file: impl Into<String>) -> Self {
        self.file = Some(file.into());
        self
    }

    /// The problems, in the order of the file. Of a file with very many, the first ones.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

impl Problem {
    pub(super) fn new(line: Option<usize>, message: String) -> Self {
        Self { line, text: None, message }
    }

    pub(super) fn with_text(mut self, text: Option<String>) -> Self {
        self.text = text;
        self
    }

    /// The number of the line, counted from one; `None` where it is the file as a whole.
    #[must_use]
    pub const fn line(&self) -> Option<usize> {
        self.line
    }

    /// What the line says, where it can be shown without giving away a credential.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }

    /// What is wrong, and what to do about it.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

/// `FILE:LINE: MESSAGE` for each problem, each with the line itself below.
impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            match (&self.file, problem.line) {
                (Some(file), Some(line)) => write!(f, "{file}:{line}: ")?,
                (Some(file), None) => write!(f, "{file}: ")?,
                (None, Some(line)) => write!(f, "line {line}: ")?,
                (None, None) => {}
            }
            f.write_str(&problem.message)?;
            if let (Some(line), Some(text)) = (problem.line, &problem.text) {
                write!(f, "\n  {line:>4} | {text}")?;
            }
        }
        match self.omitted {
            0 => Ok(()),
            omitted => write!(f, "\nand {omitted} more"),
        }
    }
}

impl std::error::Error for ConfigError {}
