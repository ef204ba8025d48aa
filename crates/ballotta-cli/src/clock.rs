//! Times that people write, and the time now.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result};
use jiff::Timestamp;

/// The time in seconds since 1970.
pub(crate) fn now() -> Result<u64> {
    Ok(SystemTime::now().duration_since(UNIX_EPOCH).context("the clock is before 1970")?.as_secs())
}

/// Reads a time such as `2026-12-01T08:00+01:00` (RFC 3339), as seconds since 1970.
pub(crate) fn parse(text: &str) -> Result<u64, String> {
    let time: Timestamp =
        text.parse().map_err(|_| "write it with its time zone, as in 2026-12-01T08:00+01:00".to_owned())?;
    if time.subsec_nanosecond() != 0 {
        return Err("no fractions of a second".to_owned());
    }
    u64::try_from(time.as_second()).map_err(|_| "it is before 1970".to_owned())
}

/// Writes seconds since 1970 as a time in UTC, such as `2026-12-01T07:00:00Z`.
pub(crate) fn written(seconds: u64) -> String {
    let time = i64::try_from(seconds).ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    time.map_or_else(|| format!("{seconds} s after 1970"), |time| time.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_a_time_zone() {
        assert_eq!(parse("2026-12-01T08:00+01:00"), Ok(1_796_108_400));
        assert_eq!(parse("2026-12-01T07:00:00Z"), Ok(1_796_108_400));
        assert_eq!(written(1_796_108_400), "2026-12-01T07:00:00Z");
        for text in ["2026-12-01T08:00", "2026-12-01", "tomorrow", "2026-12-01T07:00:00.5Z", "1969-01-01T00:00:00Z"] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert_eq!(written(u64::MAX), "18446744073709551615 s after 1970");
    }
}
