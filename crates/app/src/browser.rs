//! The browser's own services: clock, randomness, address bar, clipboard, files, notifications, focus.

mod clipboard;
mod clock;
mod composed;
mod environment;
mod file;
mod notification;
mod policy;
mod share;
mod tab;

pub(crate) use clipboard::copy;
pub(crate) use clock::{compared_times, date_and_time, now_ms, parse_time, time_of_day};
pub(crate) use composed::composed;
pub(crate) use environment::{environment, inputs, prefilled_form};
pub(crate) use file::{Download, read_file, save, save_text};
pub(crate) use notification::{notify, request_permission};
pub(crate) use policy::{listen_refusals, refused_since};
pub(crate) use share::share;
pub(crate) use tab::{confirm_unload, focus, focus_soon, listen_awake, reload, set_title};
