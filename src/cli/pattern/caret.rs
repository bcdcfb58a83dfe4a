//! Draws a pattern that does not parse, with a caret under the fault.

use crate::cli::Error;
use crate::pattern::event::{EventPattern, EventPatternError};
use crate::pattern::{ParseError, parse};
use crate::report::printable::one_line;
use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

/// The error for a pattern that was given as `option`.
pub(super) fn draw(option: &str, for_rules: Option<&str>, error: &ParseError) -> Error {
    let message = one_line(&error.kind.to_string()).into_owned();
    let rule = EventPattern::parse(&error.pattern).is_ok();
    let help = match for_rules {
        Some(for_rules) if rule => Some(format!(
            "this is the event pattern of an EventBridge rule: give it as {for_rules}"
        )),
        None if rule => Some(
            "this is the event pattern of an EventBridge rule; a filter pattern is wanted"
                .to_owned(),
        ),
        _ => error.help().map(|help| one_line(help).into_owned()),
    };
    let aws = one_line(error.aws()).into_owned();
    let drawing = |renderer: Renderer| {
        let annotation = AnnotationKind::Primary.span(error.span.clone());
        let snippet = Snippet::source(&error.pattern)
            .path(option)
            .annotation(annotation);
        let mut group = Level::ERROR.primary_title(&message).element(snippet);
        if let Some(help) = &help {
            group = group.element(Level::HELP.message(help));
        }
        group = group.element(Level::NOTE.message(&aws));
        renderer.render(&[group]).to_string()
    };
    Error::new(format!("{option}: {error}"))
        .drawn(drawing(Renderer::plain()), drawing(Renderer::styled()))
}

/// The error for an event pattern that was given as `option`.
pub(super) fn draw_rule(option: &str, for_filters: &str, error: &EventPatternError) -> Error {
    let message = one_line(&error.message).into_owned();
    let filter = parse(&error.pattern).is_ok();
    let help = filter.then(|| format!("this is a filter pattern: give it as {for_filters}"));
    let drawing = |renderer: Renderer| {
        let annotation = AnnotationKind::Primary.span(error.span.clone());
        let snippet = Snippet::source(&error.pattern)
            .path(option)
            .annotation(annotation);
        let mut group = Level::ERROR.primary_title(&message).element(snippet);
        if let Some(help) = &help {
            group = group.element(Level::HELP.message(help));
        }
        let group = group.element(Level::NOTE.message("EventBridge refuses such a pattern"));
        renderer.render(&[group]).to_string()
    };
    Error::new(format!("{option}: {error}"))
        .drawn(drawing(Renderer::plain()), drawing(Renderer::styled()))
}
