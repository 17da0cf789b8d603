r"""The words by which models give themselves away, as alternatives of regular expressions.

They are matched without regard to case. `masking` says how they are put together.
"""

_WORD_ENDS = r"(?![A-Za-zÀ-ɏ])"

# Names that mean a model or its maker and nothing else.
KNOWN = (
    r"chat[ -]?gpt(?:[ -]?(?:plus|\d(?:\.\d)?o?))?|(?:text-)?davinci(?:-\d+)?|open[ -]?ai(?:['’]s)?"
    r"|gpt[ -]?(?:neo(?:x)?|j|\d(?:\.\d)?o?)(?:[ -](?:turbo|mini|nano))*|anthropic(?:['’]s)?"
    r"|claude(?:[ -](?:\d(?:\.\d)?|instant|opus|sonnet|haiku))+|google (?:bard|gemini|deepmind|ai)"
    r"|gemini(?:[ -](?:\d(?:\.\d)?|pro|ultra|nano|flash))+|lamda|deepmind|meta ai"
    r"|llama[ -]?\d(?:\.\d)?(?:[ -]?\d+b)?(?:[ -](?:chat|instruct))?|mixtral"
    r"|mistral(?:[ -](?:ai|large|small|medium|\d+b))+|qwen[ -]?[\d.]*(?:[ -]?\d+b)?"
    r"|tongyi(?: qianwen)?|通义千问|alibaba cloud|阿里云|deep[ -]?seek(?:[ -]?[vr]\d)?"
    r"|深度求索|chat[ -]?glm(?:[ -]?\d\w*)?|zhipu(?: ai)?|智谱(?:清言|ai)?|ernie bot|文心一言"
    r"|open[ -]?assistant|laion(?:[ -]ai)?|vicuna[ -]?\d+b|lmsys|wizardlm|stablelm|stability ai"
    r"|databricks|dolly[ -]?v?\d|baichuan(?:[ -]?\d)?|internlm|moonshot ai|smollm\d?"
    r"|hugging ?face|falcon[ -]?\d+b|phi-\d(?:\.\d)?|microsoft copilot|bing chat|inflection[ -]ai"
    r"|cohere|command[ -]r\+?|gemma(?:[ -]?\d)?|olmo|ai21(?: labs)?"
)
# Names that are also words, animals and people: they count where a machine is spoken of.
AMBIGUOUS = (
    r"claude|bard|gemini|llama|mistral|falcon|alpaca|koala|dolly|vicuna|guanaco|grok|copilot|sydney"
    r"|palm|google|meta|microsoft|amazon|baidu|百度|alibaba|nova|phi|kimi|zephyr|sparrow|bing|bloom"
    r"|tii|xai|inflection|jamba|谷歌|微软"
)
MACHINE = (
    r"(?:(?:ai|a\.i\.|artificial intelligence|language models?|llm|chat ?bot|assistants?|models?"
    r"|(?:ki[ -]|sprach)modell|ki|ia|modelo de (?:lenguaje|linguagem)|modèle de langage|asistente"
    rf"|assistente|sprachassistent){_WORD_ENDS}"
    r"|人工智能|大?(?:型)?语言模型|模型|助手|نموذج|مساعد|لغوي|ذكاء اصطناعي)"
)
MADE = (
    r"(?:(?:(?:pre-?)?trained|developed|created|built|made|designed|fine-?tuned|powered|programmed"
    r"|hosted|entwickelt|trainiert|erstellt|développée?|créée?|entraînée?|entrenad[oa]"
    rf"|desarrollad[oa]|cread[oa]|treinad[oa]|desenvolvid[oa]|criad[oa]){_WORD_ENDS}"
    r"|开发的?|训练的?|研发的?|طورت\w*|تدريب\w*)"
)
# Words that may stand between a writer and its name without making it somebody else's.
MERE_WORDS = (
    r"(?:(?:an?|the|and|that|which|who|is|was|were|is|been|being|called|named|known|as|of|from|by|at|on"
    r"|just|only|actually|simply|also|your|my|name|version|variant|instance|based|team|company"
    r"|researchers?|engineers?|people|folks|large|small|helpful|friendly|virtual|digital|advanced"
    r"|powerful|generative|conversational|multilingual|open-?source|artificial|intelligent|neural"
    r"|network|text-based|computer|program|software|machine|learning|system|tool|architecture|data"
    r"|family|series|latest|new|free|developers?|creators?|makers?|i|am"
    r"|ein|eine|einem|einer|von|der|die|das|dem|großes|großen|virtueller|und|un|une|le|la|el|los"
    r"|par|de|del|por|pela|pelo|da|do|grand|gran|grande|et|y|e|o|uma?"
    rf"){_WORD_ENDS}|由|的|是|一个|一款|大型|公司|团队|من|قبل|شركة|كبير)"
)
# How a writer begins to speak of itself, in the languages that the pages speak.
SELF = (
    r"(?:\bI(?:['’]m| am| was| have been|,)|\bmy (?:name is|name['’]s|creators?|developers?|makers?"
    r"|training)|\bich (?:bin|wurde|heiße)|\bmein name ist|\bje (?:suis|m['’]appelle)|\bsoy"
    r"|\bme llamo|\bmi nombre es|\b(?:eu )?sou|\bmeu nome é|我(?:是|叫)|我的名字(?:是|叫)|أنا|اسمي)"
)
# By this a database finds the few texts that are worth reading for names. (PostgreSQL's dialect.)
ANY_NAME = (
    r"gpt|open ?-?ai|davinci|anthropic|claude|bard|gemini|llama|mi[sx]tral|qwen|tongyi|通义|阿里云"
    r"|deep ?-?seek|深度求索|glm|zhipu|智谱|ernie|文心|open ?-?assistant|laion|vicuna|lmsys"
    r"|wizardlm|stablelm|stability|databricks|dolly|baichuan|internlm|moonshot|smollm"
    r"|hugging ?face|falcon|\mphi|copilot|\mbing|inflection|\mcohere\M|\mcommand.r|gemma|olmo"
    r"|ai21|alpaca|koala|guanaco|\mgrok|sydney|\mpalm\M|google|\mmeta\M|microsoft|amazon|baidu"
    r"|百度|alibaba|\mnova\M|kimi|zephyr|sparrow|bloom|\mtii\M|\mxai|jamba|谷歌|微软|lamda|deepmind"
)
