//! The calls to recognise: `rules/catalogue/apis/*.yaml`.

use super::tables::Text;
pub use super::tables::{Api, ArgPaths, Family, MarkerStyle, MessageShape, Older, OlderCap};

impl Api {
    /// Whether the qualified name makes an object that holds the settings of its calls.
    pub fn constructs(&self, qualified: &str) -> bool {
        self.has(&self.constructors, qualified)
    }

    /// Whether the qualified name is a function of generated code.
    pub fn generates(&self, qualified: &str) -> bool {
        let Some((before, name)) = qualified.rsplit_once('.') else { return false };
        name.starts_with(|c: char| c.is_ascii_uppercase()) && self.generated.iter().any(|object| object == before)
    }

    /// Whether the qualified name annotates such an object.
    pub fn is_type(&self, qualified: &str) -> bool {
        self.has(&self.types, qualified)
    }

    fn has(&self, names: &[Text], qualified: &str) -> bool {
        let Some((path, name)) = qualified.rsplit_once('.') else { return false };
        fn root(constructor: &str) -> &str {
            constructor.split(['.', '_']).next().unwrap_or_default()
        }
        let is_called = |constructor: &str| super::last_name(constructor) == name;
        names.iter().any(|constructor| {
            constructor == qualified
                || (is_called(constructor)
                    && root(constructor) == root(path)
                    && self.modules.iter().any(|module| path.starts_with(&**module)))
        })
    }

    /// Who serves a client made by the qualified constructor: `azure` for `openai.AzureOpenAI`.
    pub fn provider_of(&self, constructor: &str) -> &str {
        self.client_providers.iter().find(|(known, _)| known == constructor).map_or(&self.provider, |(_, provider)| provider)
    }

    /// How the body is laid out: by the model where its id is known, else by a key that only one family has. Among the families of a
    /// known model, the one of whose `keys` the body has one comes first.
    pub fn family(&self, model: Option<&str>, body_keys: &[&str]) -> Option<&Family> {
        let keyed = |family: &&Family| family.keys.iter().any(|key| body_keys.contains(&&**key));
        match model.map(super::models::bare_id) {
            Some(id) => {
                let matching = || self.families.iter().filter(|family| family.models.iter().any(|glob| super::glob(glob, id)));
                matching().find(keyed).or_else(|| matching().next())
            }
            None => self.families.iter().find(keyed),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::catalogue::Catalogue;

    use super::*;

    fn api(id: &str) -> &'static Api {
        Catalogue::builtin().apis.iter().find(|api| api.id == id).unwrap()
    }

    #[test]
    fn families_by_model_and_by_key() {
        let invoke = api("bedrock.invoke-model");
        let cap = |model: Option<&str>, keys: &[&str]| invoke.family(model, keys).map(|family| &*family.args.cap[0]);
        for (model, keys, expected) in [
            (Some("anthropic.claude-3-5-sonnet-20241022-v2:0"), &["messages"][..], Some("max_tokens")),
            (Some("us.anthropic.claude-sonnet-4-5-20250929-v1:0"), &[], Some("max_tokens")),
            (Some("anthropic.claude-v2"), &["prompt", "max_tokens_to_sample"], Some("max_tokens_to_sample")),
            (Some("anthropic.claude-v2:1"), &["anthropic_version"], Some("max_tokens")),
            (Some("eu.amazon.nova-lite-v1:0"), &[], Some("inferenceConfig.maxTokens")),
            (Some("amazon.titan-text-express-v1"), &[], Some("textGenerationConfig.maxTokenCount")),
            (Some("meta.llama3-8b-instruct-v1:0"), &[], Some("max_gen_len")),
            (Some("openai.gpt-oss-120b-1:0"), &[], Some("max_completion_tokens")),
            (Some("qwen.qwen3-32b-v1:0"), &[], Some("max_tokens")),
            (None, &["anthropic_version", "messages"], Some("max_tokens")),
            (None, &["max_gen_len"], Some("max_gen_len")),
            (None, &["messages"], None),
            (None, &["inputText"], None),
            (Some("acme.some-model"), &[], None),
        ] {
            assert_eq!(cap(model, keys), expected, "{model:?} {keys:?}");
        }
        assert_eq!(invoke.family(Some("amazon.titan-text-lite-v1"), &[]).unwrap().cap_default, Some(512));
        assert!(invoke.family(Some("amazon.titan-embed-text-v2:0"), &["inputText"]).unwrap().no_text);
    }

    #[test]
    fn caps_that_a_rewrite_writes() {
        for (id, cap, required) in [
            ("bedrock.converse", "inferenceConfig.maxTokens", false),
            ("anthropic.messages", "max_tokens", true),
            ("openai.chat", "max_completion_tokens", false),
            ("openai.responses", "max_output_tokens", false),
            ("openai.chat-legacy", "max_tokens", false),
            ("bedrock.converse.js", "inferenceConfig.maxTokens", false),
            ("anthropic.messages.js", "max_tokens", true),
            ("openai.chat.js", "max_completion_tokens", false),
            ("openai.responses.js", "max_output_tokens", false),
            ("vercel.generate-text", "maxOutputTokens", false),
        ] {
            assert_eq!(api(id).args.cap[0], cap, "{id}");
            assert_eq!(api(id).cap_required, required, "{id}");
        }
    }

    #[test]
    fn named_arguments_in_an_object() {
        for api in Catalogue::builtin().apis.iter() {
            assert_eq!(api.object_argument, api.language == "javascript", "{}", api.id);
        }
        let constructors = &api("bedrock.converse.js").functions;
        assert_eq!(**constructors, ["@aws-sdk/client-bedrock-runtime.ConverseCommand"]);
        let family = api("bedrock.invoke-model.js").family(Some("anthropic.claude-3-haiku-20240307-v1:0"), &[]);
        assert_eq!(*family.unwrap().args.cap, ["max_tokens"]);
    }

    #[test]
    fn who_serves_a_client() {
        assert_eq!(api("anthropic.messages.js").provider_of("@anthropic-ai/bedrock-sdk.default"), "bedrock");
        assert_eq!(api("openai.chat").provider_of("openai.AsyncAzureOpenAI"), "azure");
        assert_eq!(api("openai.chat").provider_of("openai.OpenAI"), "openai");
        assert_eq!(api("anthropic.messages").provider_of("anthropic.AnthropicBedrock"), "bedrock");
    }
}
