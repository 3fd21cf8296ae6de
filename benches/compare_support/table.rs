//! One row for each fault, one column for each crate.

use std::fmt;

/// What one crate did.
#[derive(Clone, Debug)]
pub(crate) struct Cell {
    text: String,
    is_fault: bool,
}

impl Cell {
    pub(crate) fn new(is_fault: bool, text: impl Into<String>) -> Self {
        Self { text: text.into(), is_fault }
    }

    /// The crate has no such thing.
    pub(crate) fn none() -> Self {
        Self::new(false, "–")
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_fault { "✗ " } else { "" })?;
        f.write_str(&self.text)
    }
}

/// Ours, tower-resilience, failsafe, recloser, tower.
pub(crate) type Cells = [Cell; 5];

/// Prints rows as they come, and remembers whether ours ever had the fault.
#[derive(Debug, Default)]
pub(crate) struct Table {
    pub(crate) is_ours_at_fault: bool,
}

impl Table {
    pub(crate) fn begin() -> Self {
        println!(
            "| | tower-failover | tower-resilience 0.14 | failsafe 1.3 | recloser 1.4 | tower 0.5 `Retry`, `TpsBudget` |"
        );
        println!("|---|---|---|---|---|---|");
        Self::default()
    }

    pub(crate) fn row(&mut self, fault: &str, cells: &Cells) {
        self.is_ours_at_fault |= cells[0].is_fault;
        let [ours, rest @ ..] = cells;
        print!("| {fault} | **{ours}** |");
        rest.iter().for_each(|cell| print!(" {cell} |"));
        println!();
    }
}
