//! `add-tags`: gives a call the metadata by which the project allocates its costs.

use crate::model::call::Known;
use crate::project::Language;
use crate::report::Applicability;
use crate::syntax::ExprKind;

use super::add_argument::Site;
use super::{Declined, Delta, Outcome, Proposal, Target};

pub fn apply(target: &Target) -> Option<Outcome> {
    let call = target.call?;
    if call.tags == Known::Present(()) {
        return None;
    }
    Some(Outcome {
        mended: target.request.clone(),
        cap: call.cap.value,
        delta: Delta { inserts: true, ..Delta::default() },
        edit: propose(target),
    })
}

fn propose(target: &Target) -> Result<Proposal, Declined> {
    let Some(call) = target.call else { return Declined::because("there is no call to give them to") };
    if target.tags.is_empty() {
        return Declined::because("the config names no tags under `tags:`");
    }
    // `metadata.user_id` and its like hold one identifier, not names and values.
    let Some(path) = call.api.args.metadata.first().filter(|path| !path.contains('.')) else {
        return Declined::because("the API has no field for names and values");
    };
    let ExprKind::Call(inner) = &call.syntax.kind else { return Declined::because("the call is not written out here") };
    let file = Target::call_file(call);
    let in_script = target.project.file(file).language == Language::JavaScript;
    let site = Site { file, text: target.project.text(file), module: target.project.module(file), in_script };
    let pairs: Vec<String> = target.tags.iter().map(|(name, value)| format!("\"{name}\": \"{value}\"")).collect();
    let edits = site.argument(inner, path, &format!("{{{}}}", pairs.join(", ")))?;
    Ok(Proposal { edits, applicability: Applicability::Safe, title: format!("Send the tags of the project as `{path}`") })
}
