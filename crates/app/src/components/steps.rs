use yew::prelude::*;

use crate::state::Step;

/// Properties of [`Steps`].
#[derive(Properties, PartialEq)]
pub(crate) struct StepsProps {
    /// The step at which the enrollment is.
    pub current: Step,
    /// The outcome of that step.
    pub outcome: StepOutcome,
}

/// The outcome of the current step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StepOutcome {
    /// In progress.
    Active,
    /// Somebody has to do something about it.
    Troubled,
    /// The last step is done.
    Done,
}

/// The list of the six steps, with the current one marked.
#[component]
pub(crate) fn Steps(props: &StepsProps) -> Html {
    html! {
        <ol class="steps" aria-label="Steps">
            for (step, name) in STEPS {
                <li class={props.class(step)} aria-current={(step == props.current).then_some("step")}>
                    { name }
                    if props.is_done(step) {
                        <span class="unseen">{ " done" }</span>
                    }
                </li>
            }
        </ol>
    }
}

impl StepsProps {
    fn is_done(&self, step: Step) -> bool {
        step < self.current || self.outcome == StepOutcome::Done
    }

    fn class(&self, step: Step) -> Classes {
        if self.is_done(step) {
            classes!("done")
        } else if step > self.current {
            classes!()
        } else {
            classes!("now", (self.outcome == StepOutcome::Troubled).then_some("bad"))
        }
    }
}

/// Properties of [`StepPanel`].
#[derive(Properties, PartialEq)]
pub(crate) struct StepPanelProps {
    /// The section of the step.
    pub children: Html,
}

/// The place of a step. Its key is the name of the page's state, so that each state has elements of its own, even where
/// two share a component.
#[component]
pub(crate) fn StepPanel(props: &StepPanelProps) -> Html {
    props.children.clone()
}

const STEPS: [(Step, &str); 6] = [
    (Step::Identify, "Identify"),
    (Step::Generate, "Generate"),
    (Step::Submit, "Submit"),
    (Step::Wait, "Wait"),
    (Step::Verify, "Verify"),
    (Step::Save, "Save"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::tests::render;

    #[tokio::test]
    async fn marks_what_is_done_and_what_is_under_way() {
        let html = render(html! { <Steps current={Step::Generate} outcome={StepOutcome::Active} /> }).await;
        assert!(html.contains(r#"<li class="done">Identify<span class="unseen"> done</span></li>"#), "{html}");
        assert!(html.contains(r#"<li aria-current="step" class="now">Generate</li>"#), "{html}");
        assert!(html.contains("<li>Submit</li>"), "{html}");
    }

    #[tokio::test]
    async fn marks_a_step_that_somebody_has_to_do_something_about() {
        let html = render(html! { <Steps current={Step::Wait} outcome={StepOutcome::Troubled} /> }).await;
        assert!(html.contains(r#"class="now bad">Wait"#), "{html}");
    }

    #[tokio::test]
    async fn marks_all_as_done_at_the_end() {
        let html = render(html! { <Steps current={Step::Save} outcome={StepOutcome::Done} /> }).await;
        assert_eq!(html.matches(r#"class="done""#).count(), 6, "{html}");
    }
}
