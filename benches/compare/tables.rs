//! What was measured, as tables in Markdown.

use crate::run::Run;

/// The runs of one program on one site.
#[derive(Default)]
pub(crate) struct Runs(pub(crate) Vec<Run>);

impl Runs {
    fn median(&self, of: impl Fn(&Run) -> f64) -> Option<f64> {
        let mut values: Vec<_> = self.0.iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        let middle = values.len() / 2;
        match values.len() {
            0 => None,
            count if count % 2 == 1 => Some(values[middle]),
            _ => Some(f64::midpoint(values[middle - 1], values[middle])),
        }
    }

    fn wall(&self) -> Option<f64> {
        self.median(|run| run.wall.as_secs_f64())
    }

    fn processor(&self) -> Option<f64> {
        self.median(|run| run.processor)
    }

    fn memory(&self) -> Option<f64> {
        self.0
            .iter()
            .map(|run| run.memory as f64 / 1024.0)
            .reduce(f64::max)
    }

    fn spread(&self) -> Option<(f64, f64)> {
        let walls = || self.0.iter().map(|run| run.wall.as_secs_f64());
        Some((walls().reduce(f64::min)?, walls().reduce(f64::max)?))
    }
}

/// All runs on one size of site.
#[derive(Default)]
pub(crate) struct Size {
    pub(crate) pages: usize,
    /// Files and bytes that Bindery wrote.
    pub(crate) written: (usize, u64),
    pub(crate) hugo_written: (usize, u64),
    pub(crate) cold: Runs,
    pub(crate) unchanged: Runs,
    pub(crate) edited: Runs,
    pub(crate) floor: Runs,
    /// The floor on one thread.
    pub(crate) plain_floor: Runs,
    pub(crate) hugo: Runs,
}

pub(crate) fn print_times(sizes: &[Size]) {
    println!(
        "| Pages | Program | Time | Fastest to slowest | Processor time | Peak memory | Written |"
    );
    println!("|---:|---|---:|---:|---:|---:|---:|");
    for size in sizes {
        let programs = [
            ("Bindery, cold", &size.cold, Some(size.written)),
            ("Bindery, nothing changed", &size.unchanged, None),
            ("Bindery, one page edited", &size.edited, None),
            ("the floor", &size.floor, Some(size.written)),
            (
                "the floor, one thread",
                &size.plain_floor,
                Some(size.written),
            ),
            ("Hugo, cold", &size.hugo, Some(size.hugo_written)),
        ];
        for (name, runs, written) in programs {
            let Some((fastest, slowest)) = runs.spread() else {
                continue;
            };
            let written = written.map_or(String::new(), |(files, bytes)| {
                format!("{files} files, {:.1} MB", bytes as f64 / 1e6)
            });
            println!(
                "| {} | {name} | {} | {} to {} | {} | {} MiB | {written} |",
                size.pages,
                seconds(runs.wall()),
                seconds(Some(fastest)),
                seconds(Some(slowest)),
                seconds(runs.processor()),
                number(runs.memory(), 0),
            );
        }
    }
    println!();
}

pub(crate) fn print_ratios(sizes: &[Size]) {
    let ratio = |a: Option<f64>, b: Option<f64>| Some(a? / b?);
    println!(
        "| Pages | Hugo / cold | Cold / floor | Cold / floor, one thread | Unchanged / cold | Edited / cold | Cold, a page |"
    );
    println!("|---:|---:|---:|---:|---:|---:|---:|");
    for size in sizes {
        let cold = size.cold.wall();
        println!(
            "| {} | {} | {} | {} | {} | {} | {} ms |",
            size.pages,
            number(ratio(size.hugo.wall(), cold), 1),
            number(ratio(cold, size.floor.wall()), 1),
            number(ratio(cold, size.plain_floor.wall()), 1),
            number(ratio(size.unchanged.wall(), cold), 2),
            number(ratio(size.edited.wall(), cold), 2),
            number(cold.map(|cold| cold * 1000.0 / size.pages as f64), 3),
        );
    }
    let per_page = |pages: usize| {
        let size = sizes.iter().find(|size| size.pages == pages)?;
        Some(size.cold.wall()? / pages as f64)
    };
    if let Some(growth) = ratio(per_page(10_000), per_page(1_000)) {
        println!(
            "\nA page costs {growth:.2} times as much at 10,000 pages as at 1,000 (1.00 is linear)."
        );
    }
}

/// A number, or a dash when it was not measured.
fn number(value: Option<f64>, digits: usize) -> String {
    value.map_or("–".to_owned(), |value| format!("{value:.digits$}"))
}

fn seconds(value: Option<f64>) -> String {
    match value {
        Some(short) if short < 1.0 => format!("{:.0} ms", short * 1000.0),
        _ => format!("{} s", number(value, 2)),
    }
}
