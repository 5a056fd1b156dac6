//! `slice`: a template's loop over all of a conversation goes over its last messages only.

use crate::check::wording::needs_all;
use crate::model::prompt::{Segment, SizeClass};
use crate::model::request::{Growth, Request};
use crate::report::Applicability;
use crate::span::Place;
use crate::template::{Node, Value};

use super::{Declined, Delta, Outcome, Proposal, Target, limit_slot::bound_value};

pub fn apply(target: &Target) -> Option<Outcome> {
    let keep = target.options.keep_messages;
    let mut mended = target.request.clone();
    let subject = bound(&mut mended, target.at, keep)?;
    Some(Outcome {
        mended,
        cap: target.call.and_then(|call| call.cap.value),
        delta: Delta { bounds: true, ..Delta::default() },
        edit: propose(target, subject, keep),
    })
}

/// Bounds the loop at `at`, or else the first loop over a history; the place of the loop or of its slot.
fn bound(request: &mut Request, at: Option<Place>, keep: u32) -> Option<Place> {
    fn walk(segments: &mut [Segment], at: Option<Place>) -> Option<Place> {
        segments.iter_mut().find_map(|segment| match segment {
            Segment::Block(block) => {
                let here = at.is_none_or(|at| [block.place, block.subject.place, block.subject.expr].contains(&Some(at)));
                if here && block.subject.size == SizeClass::History && !block.subject.limited {
                    block.subject.limited = true;
                    return block.place.or(block.subject.expr).or(block.subject.place);
                }
                block.arms.iter_mut().find_map(|arm| walk(arm, at))
            }
            Segment::Slot(slot) if slot.size == SizeClass::History && !slot.limited => {
                at.is_none_or(|at| slot.place == Some(at) || slot.expr == Some(at)).then(|| slot.limited = true)?;
                slot.place
            }
            _ => None,
        })
    }
    request.blocks.iter_mut().find_map(|block| {
        let place = walk(&mut block.segments, at)?;
        if let Some(history) = &mut block.history {
            history.growth = Growth::Sliding { turns: Some((keep / 2).max(1)) };
        }
        Some(place)
    })
}

fn propose(target: &Target, subject: Place, keep: u32) -> Result<Proposal, Declined> {
    if let Some(task) = needs_all(target.request) {
        return Declined::because(format!("the task (`{task}`) needs all of the conversation"));
    }
    let place = target.at.unwrap_or(subject);
    let Ok(template) = target.project.template(place.file) else { return Declined::because("the template does not parse") };
    let over = loop_over(&template.nodes, place).ok_or_else(|| Declined("the history is not looped over in a template".into()))?;
    Ok(Proposal {
        edits: bound_value(target.project.text(place.file), place, over, &format!("[-{keep}:]"))?,
        applicability: Applicability::Unsafe,
        title: format!("Send the last {keep} messages only"),
    })
}

fn loop_over(nodes: &[Node], at: Place) -> Option<&Value> {
    nodes.iter().find_map(|node| match node {
        Node::Loop { over, span, body, .. } => {
            if *span == at.span || over.span == at.span || (span.start == at.span.start && span.contains(at.span)) {
                return Some(over);
            }
            loop_over(body, at).or_else(|| span.contains(at.span).then_some(over).filter(|over| over.span.contains(at.span)))
        }
        Node::Branch { arms, .. } => arms.iter().find_map(|arm| loop_over(arm, at)),
        Node::Set { body, .. } | Node::Block { body, .. } | Node::Macro { body, .. } => loop_over(body, at),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rewrite::testing::*;

    #[test]
    fn a_loop_over_history_gets_a_window() {
        for (before, after) in [
            ("{% for m in history %}{{ m.content }}\n{% endfor %}", "{% for m in history[-20:] %}{{ m.content }}\n{% endfor %}"),
            ("Hi\r\n{%- for m in messages | list -%}x{% endfor %}", "Hi\r\n{%- for m in messages[-20:] | list -%}x{% endfor %}"),
        ] {
            let project = jinja(before);
            let request = lowered(&project);
            let outcome = apply(&target(&project, &request, None)).unwrap();
            assert_eq!(edited(&project, &outcome), Ok((after.to_string(), Applicability::Unsafe)));
            assert_eq!(apply(&target(&project, &outcome.mended, None)), None);
        }
    }

    #[test]
    fn other_loops_are_left_alone() {
        let project = jinja("{% for m in tools %}x{% endfor %}");
        let request = lowered(&project);
        assert_eq!(apply(&target(&project, &request, None)), None);
    }
}
