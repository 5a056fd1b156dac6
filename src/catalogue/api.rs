//! The calls to recognise: `rules/catalogue/apis/*.yaml`.

use serde::Deserialize;

/// Names of arguments before a major version of a package, which the nearest `package.json` asks for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Older {
    pub package: String,
    /// The first major version with the new names.
    pub below: u32,
    pub cap: Vec<String>,
}

/// A small cap that older versions of a package sent where the code gives none.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OlderCap {
    pub package: String,
    /// The first version that sends none, or the model's maximum.
    pub below: String,
    pub tokens: u64,
}

/// One call of one SDK in one language.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Api {
    /// `bedrock.converse`, `openai.chat`.
    pub id: String,
    /// `bedrock`, `anthropic`, `openai`, `azure`.
    pub provider: String,
    /// `python`, `javascript`.
    pub language: String,
    /// Import names that make a file worth reading and an unknown receiver believable: `boto3`, `anthropic`.
    pub modules: Vec<String>,
    /// Qualified constructors of the client (`openai.OpenAI`, `anthropic.AnthropicBedrock`); an asterisk as last part
    /// stands for any name.
    #[serde(default)]
    pub clients: Vec<String>,
    /// Constructors whose client shares the shape but is not this provider, with the provider it is
    /// (`openai.AzureOpenAI: azure`).
    #[serde(default)]
    pub client_providers: std::collections::BTreeMap<String, String>,
    /// Dotted method paths from the client: `chat.completions.create`.
    pub methods: Vec<String>,
    /// The method name alone identifies the call, whatever the receiver.
    #[serde(default)]
    pub unique: bool,
    /// With an unknown receiver: not this call if the name before the method path is one of these (`threads`).
    #[serde(default)]
    pub not_after: Vec<String>,
    /// Qualified functions that are the same call on a default client: `openai.chat.completions.create`.
    #[serde(default)]
    pub functions: Vec<String>,
    /// Names in the method path that change nothing: `with_raw_response`, `beta`.
    #[serde(default)]
    pub transparent: Vec<String>,
    /// At least one of these keywords stands at a real call of it (`modelId`, `messages`).
    #[serde(default)]
    pub expects: Vec<String>,
    /// Names of the positional arguments of the methods and functions, by which `args` finds them.
    #[serde(default)]
    pub positional: Vec<String>,
    /// Classes and functions that make an object which holds settings of its calls: what stands there are arguments of each call
    /// that the methods make (`langchain_openai.ChatOpenAI`). Known by their last name and a root among `modules`.
    #[serde(default)]
    pub constructors: Vec<String>,
    /// Base classes and interfaces that stand in annotations: an object of one has settings that are out of sight.
    #[serde(default)]
    pub types: Vec<String>,
    /// Names of the positional arguments of the constructors.
    #[serde(default)]
    pub constructor_positional: Vec<String>,
    /// The object itself is called (`llm(prompt)`).
    #[serde(default)]
    pub callable: bool,
    /// Models that the classes take where the code names none, by their last names (`ChatOpenAI`).
    #[serde(default)]
    pub default_models: std::collections::BTreeMap<String, String>,
    /// A constructor alone says how its calls are capped, though none is in sight: frameworks take the object and send with it.
    #[serde(default)]
    pub constructor_counts: bool,
    /// Methods that return the object with more settings, as keywords or as a dict (`bind`, `with_config`).
    #[serde(default)]
    pub refines: Vec<String>,
    /// Classes and class methods that make a prompt template, by their last names (`ChatPromptTemplate.from_messages`).
    #[serde(default)]
    pub templates: Vec<String>,
    /// Classes that tie a template (`prompt`) to a model (`llm`).
    #[serde(default)]
    pub chains: Vec<String>,
    /// With a receiver that could not be followed: words of its name that make it one (`llm`).
    #[serde(default)]
    pub receivers: Vec<String>,
    /// Names that are called as they stand (`llm(prompt)`), with a prompt as first argument.
    #[serde(default)]
    pub called: Vec<String>,
    /// Objects of generated code, each of whose functions in capitalised words is such a call (`baml_client.b`).
    #[serde(default)]
    pub generated: Vec<String>,
    /// Arguments that hold the settings of a service made elsewhere: without one of them the service's own hold, unknown here.
    #[serde(default)]
    pub settings_in: Vec<String>,
    /// A model that is no name is an object, which may hold a cap among settings of its own.
    #[serde(default)]
    pub settings_in_model: bool,
    /// Classes of such settings whose service sends no cap of its own, by their last names.
    #[serde(default)]
    pub settings_kinds: Vec<String>,
    /// The same, but only where the file names one of `modules` (`model`, `chain`).
    #[serde(default)]
    pub likely_receivers: Vec<String>,
    /// Ends of the addresses that a general HTTP client posts to; the address is the argument `url`.
    #[serde(default)]
    pub endpoints: Vec<String>,
    /// Modules whose functions make an object that stands for a model, its name first, with who serves it (`@ai-sdk/openai`).
    #[serde(default)]
    pub model_makers: std::collections::BTreeMap<String, String>,
    pub args: ArgPaths,
    /// What was called otherwise in older versions of the package.
    #[serde(default)]
    pub older: Option<Older>,
    /// The first positional argument is an object that holds the named arguments (`create({ model, messages })`); of the methods only
    /// where `positional` names nothing else.
    #[serde(default)]
    pub object_argument: bool,
    /// The argument that holds the request as JSON text (`body` of `invoke_model`); `families` then say how.
    pub body: Option<String>,
    #[serde(default)]
    pub families: Vec<Family>,
    /// Messages are objects of the library's own classes, with or without dicts among them: code can't ask them for a key.
    #[serde(default)]
    pub message_objects: bool,
    pub shape: MessageShape,
    #[serde(default)]
    pub marker: MarkerStyle,
    #[serde(default)]
    pub stream: bool,
    /// The API refuses a request without a cap.
    #[serde(default)]
    pub cap_required: bool,
    /// What is sent when the code gives no cap, where it is a small default (tokens).
    pub cap_default: Option<u64>,
    /// The same, of versions that are still in use: which one a project runs is not always known.
    pub older_cap: Option<OlderCap>,
    /// The client asks a server on its own machine, unless it is told of another.
    #[serde(default)]
    pub own_server: bool,
    /// The unset maximum is also reserved against the token quota (Bedrock).
    #[serde(default)]
    pub reserves_quota: bool,
    /// The asynchronous API at half the price, for advice.
    pub batch: Option<String>,
    pub source: String,
    /// Date of the source, `YYYY-MM-DD`.
    pub as_of: String,
}

/// Where the parts of a request stand among the arguments: dotted paths (`inferenceConfig.maxTokens`); the first of
/// several is the one that a rewrite writes.
#[derive(Debug, Deserialize, Default, Clone)]
#[serde(deny_unknown_fields, default)]
pub struct ArgPaths {
    pub model: Vec<String>,
    pub system: Vec<String>,
    pub messages: Vec<String>,
    /// One text of the user, or messages (`prompt`): what can't be followed is taken for a text.
    pub prompt: Vec<String>,
    pub tools: Vec<String>,
    pub cap: Vec<String>,
    pub reasoning: Vec<String>,
    pub metadata: Vec<String>,
    /// Switches that turn automatic caching on for the whole request (top-level `cache_control`).
    pub auto_cache: Vec<String>,
    /// Holds further model parameters that may carry a cap (`additionalModelRequestFields`, `extra_body`).
    pub extra: Vec<String>,
    /// Continues a conversation kept by the provider (`previous_response_id`).
    pub server_history: Vec<String>,
    /// The kinds of answers that are asked for: a picture has a price of its own, which a cap does not lower.
    pub modalities: Vec<String>,
    /// Multiplies the output (`n`).
    pub candidates: Vec<String>,
}

/// How the body of `invoke_model` is laid out for one family of models.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Family {
    /// Globs over the model id without its region prefix: `anthropic.claude*`.
    pub models: Vec<String>,
    /// Keys of the body that give the family away when the model is unknown (`anthropic_version`).
    #[serde(default)]
    pub keys: Vec<String>,
    pub args: ArgPaths,
    pub shape: MessageShape,
    #[serde(default)]
    pub marker: MarkerStyle,
    #[serde(default)]
    pub cap_required: bool,
    pub cap_default: Option<u64>,
    /// The default without a cap is documented; if not, a missing one is reported at low confidence.
    #[serde(default)]
    pub verified: bool,
    /// Models that write no text (embeddings, images): a call of one has no cap, no history and nothing to cache.
    #[serde(default)]
    pub no_text: bool,
}

/// Reads a file of APIs.
pub(super) fn parse(json: &str) -> Result<Vec<Api>, serde_json::Error> {
    serde_json::from_str(json)
}

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

    fn has(&self, names: &[String], qualified: &str) -> bool {
        let Some((path, name)) = qualified.rsplit_once('.') else { return false };
        fn root(constructor: &str) -> &str {
            constructor.split(['.', '_']).next().unwrap_or_default()
        }
        let is_called = |constructor: &str| super::last_name(constructor) == name;
        names.iter().any(|constructor| {
            constructor == qualified
                || (is_called(constructor)
                    && root(constructor) == root(path)
                    && self.modules.iter().any(|module| path.starts_with(module.as_str())))
        })
    }

    /// Who serves a client made by the qualified constructor: `azure` for `openai.AzureOpenAI`.
    pub fn provider_of(&self, constructor: &str) -> &str {
        self.client_providers.get(constructor).map_or(&self.provider, String::as_str)
    }

    /// How the body is laid out: by the model where its id is known, else by a key that only one family has. Among the families of a
    /// known model, the one of whose `keys` the body has one comes first.
    pub fn family(&self, model: Option<&str>, body_keys: &[&str]) -> Option<&Family> {
        let keyed = |family: &&Family| family.keys.iter().any(|key| body_keys.contains(&key.as_str()));
        match model.map(super::models::bare_id) {
            Some(id) => {
                let matching = || self.families.iter().filter(|family| family.models.iter().any(|glob| super::glob(glob, id)));
                matching().find(keyed).or_else(|| matching().next())
            }
            None => self.families.iter().find(keyed),
        }
    }
}

/// How messages and their content are written.
#[derive(Debug, Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum MessageShape {
    /// `[{"role": …, "content": [{"text": …}]}]`, system `[{"text": …}]`
    Converse,
    /// `[{"role": …, "content": str | [{"type": "text", "text": …}]}]`, system `str | blocks`
    Anthropic,
    /// system and developer are messages; content `str | [{"type": "text", "text": …}]`
    OpenaiChat,
    /// `input` is `str | items`, `instructions` is the system text
    OpenaiResponses,
    /// One text (`prompt`, `inputText`)
    Text,
}

/// How an explicit cache marker is written.
#[derive(Debug, Deserialize, Clone, Copy, PartialEq, Eq, Default)]
#[serde(rename_all = "kebab-case")]
pub enum MarkerStyle {
    /// A block of its own after the content: `{"cachePoint": {"type": "default"}}`
    CachePoint,
    /// A key of the last block: `"cache_control": {"type": "ephemeral"}`
    CacheControl,
    /// A key of a content part: `"prompt_cache_breakpoint": {"mode": "explicit"}`
    PromptCacheBreakpoint,
    #[default]
    None,
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
        let cap = |model: Option<&str>, keys: &[&str]| invoke.family(model, keys).map(|family| family.args.cap[0].as_str());
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
        for api in &Catalogue::builtin().apis {
            assert_eq!(api.object_argument, api.language == "javascript", "{}", api.id);
        }
        let constructors = &api("bedrock.converse.js").functions;
        assert_eq!(constructors, &["@aws-sdk/client-bedrock-runtime.ConverseCommand"]);
        let family = api("bedrock.invoke-model.js").family(Some("anthropic.claude-3-haiku-20240307-v1:0"), &[]);
        assert_eq!(family.unwrap().args.cap, ["max_tokens"]);
    }

    #[test]
    fn who_serves_a_client() {
        assert_eq!(api("anthropic.messages.js").provider_of("@anthropic-ai/bedrock-sdk.default"), "bedrock");
        assert_eq!(api("openai.chat").provider_of("openai.AsyncAzureOpenAI"), "azure");
        assert_eq!(api("openai.chat").provider_of("openai.OpenAI"), "openai");
        assert_eq!(api("anthropic.messages").provider_of("anthropic.AnthropicBedrock"), "bedrock");
    }
}
