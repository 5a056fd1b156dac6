//! Templates inside strings: `str.format`, `%` and `string.Template`.

use super::Template;

/// `"… {name} …".format(name=…)`; `None` if the text is not a valid format string.
pub fn parse_braces(_text: &str) -> Option<Template> {
    None
}

/// `"… %s … %(name)s …" % values`
pub fn parse_percent(_text: &str) -> Option<Template> {
    None
}

/// `string.Template("… $name ${name} …")`
pub fn parse_dollar(_text: &str) -> Option<Template> {
    None
}
