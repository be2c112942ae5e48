use js_sys::{Date, Object, Reflect};
use wasm_bindgen::JsValue;

/// Returns the browser's clock, in milliseconds since 1970.
pub(crate) fn now_ms() -> f64 {
    Date::now()
}

/// Parses RFC 3339 or the `Date` of HTTP. Returns milliseconds since 1970, or `None` for any other text.
pub(crate) fn parse_time(text: &str) -> Option<f64> {
    let milliseconds = Date::parse(text);
    milliseconds.is_finite().then_some(milliseconds)
}

/// Formats a date and time in the browser's time zone and locale.
pub(crate) fn date_and_time(milliseconds: f64) -> String {
    to_locale_string(
        milliseconds,
        &[
            ("weekday", "short"),
            ("year", "numeric"),
            ("month", "short"),
            ("day", "numeric"),
            ("hour", "2-digit"),
            ("minute", "2-digit"),
            ("timeZoneName", "short"),
        ],
    )
}

/// Formats a time of day in the browser's time zone and locale.
pub(crate) fn time_of_day(milliseconds: f64) -> String {
    to_locale_string(milliseconds, &[("hour", "2-digit"), ("minute", "2-digit")])
}

/// Formats two times to be compared: their times of day where they are of one day, to the second within one
/// minute, or else dates and times.
pub(crate) fn compared_times(times: [f64; 2]) -> [String; 2] {
    let format = |milliseconds, styles: &[(&str, &str)]| to_locale_string(milliseconds, styles);
    let day = |milliseconds| format(milliseconds, &[("dateStyle", "short")]);
    if day(times[0]) != day(times[1]) {
        return times.map(date_and_time);
    }
    let [first, second] = times.map(time_of_day);
    if first == second { times.map(|time| format(time, &[("timeStyle", "medium")])) } else { [first, second] }
}

fn to_locale_string(milliseconds: f64, options: &[(&str, &str)]) -> String {
    let object = Object::new();
    for (name, value) in options {
        Reflect::set(&object, &(*name).into(), &(*value).into()).expect("a new object takes properties");
    }
    Date::new(&JsValue::from_f64(milliseconds)).to_locale_string("default", &object).into()
}
