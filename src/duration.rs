//! Durations as people write them in runbooks: `15m`, `2h`, `90d`, `6 months`, `P1Y`.

use std::fmt;

use jiff::Span;
use jiff::civil::Date;
use serde::{Deserialize, Serialize, Serializer};

/// A length of time, at least a minute; months and days are the calendar's.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize)]
pub struct Duration {
    months: i32,
    days: i32,
    minutes: i64,
    text: String,
}

impl Duration {
    /// Reads a duration; `None` when it is none, or not more than zero.
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        let span: Span = text.parse().or_else(|_| text.to_lowercase().parse()).ok()?;
        if span.is_negative() || span.is_zero() {
            return None;
        }
        let (months, days) = (
            i32::from(span.get_years()) * 12 + span.get_months(),
            span.get_weeks() * 7 + span.get_days(),
        );
        let minutes =
            i64::from(span.get_hours()) * 60 + span.get_minutes() + span.get_seconds() / 60;
        // `30s` is more than nothing.
        let least = i64::from(months == 0 && days == 0);
        Some(Self {
            months,
            days,
            minutes: minutes.max(least),
            text: text.to_owned(),
        })
    }

    /// A number of days.
    pub fn days(days: i32) -> Self {
        Self {
            months: 0,
            days,
            minutes: 0,
            text: format!("{days} days"),
        }
    }

    /// The day that lies this long after `date`; `None` beyond the calendar's end.
    pub fn after(&self, date: Date) -> Option<Date> {
        let days = i32::try_from(self.minutes / (24 * 60))
            .ok()?
            .checked_add(self.days)?;
        let span = Span::new()
            .try_months(self.months)
            .ok()?
            .try_days(days)
            .ok()?;
        date.checked_add(span).ok()
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Serialize for Duration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // What is kept between runs is all that it is.
        if !serializer.is_human_readable() {
            return (self.months, self.days, self.minutes, &self.text).serialize(serializer);
        }
        serializer.serialize_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::Duration;

    #[test]
    fn durations_as_people_write_them() {
        let start = date(2026, 1, 31);
        for (text, end) in [
            ("90d", Some(date(2026, 5, 1))),
            ("6 months", Some(date(2026, 7, 31))),
            ("1 month", Some(date(2026, 2, 28))),
            ("P1Y", Some(date(2027, 1, 31))),
            ("2h", Some(start)),
            ("15m", Some(start)),
            ("2 weeks", Some(date(2026, 2, 14))),
            ("180 days", Some(date(2026, 7, 30))),
            ("90 Days", Some(date(2026, 5, 1))),
            (" 1 year ", Some(date(2027, 1, 31))),
            ("P90D", Some(date(2026, 5, 1))),
            ("PT48H", Some(date(2026, 2, 2))),
            ("30s", Some(start)),
            // Longer than the calendar.
            ("19998 years", None),
            ("-5d", None),
            ("0d", None),
            ("0", None),
            ("90", None),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(
                Duration::read(text).and_then(|d| d.after(start)),
                end,
                "{text}"
            );
        }
    }

    #[test]
    fn a_duration_is_shown_as_it_was_written() {
        for (text, shown, minutes) in [("30s", "30s", 1), (" 1h 30m", "1h 30m", 90)] {
            let duration = Duration::read(text).unwrap();
            assert_eq!(duration.to_string(), shown);
            assert_eq!(duration.minutes, minutes);
        }
    }
}
