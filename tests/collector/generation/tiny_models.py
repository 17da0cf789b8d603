"""Models of some thousand random weights, and LoRA adapters over them, made in a second."""

from pathlib import Path
from typing import Any

TEMPLATE = (
    "{% for message in messages %}<|{{ message.role }}|>{{ message.content }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
MARKS = ["<|system|>", "<|user|>", "<|assistant|>", "<|end|>"]
WINDOW = 128


def save_tokenizer(folder: Path, *, template: str | None = TEMPLATE) -> Any:
    import tokenizers
    import transformers

    tokenizer = tokenizers.ByteLevelBPETokenizer()
    tokenizer.train_from_iterator(
        ["Why is the sky blue? Because of the air."] * 8, vocab_size=300, special_tokens=MARKS
    )
    wrapped = transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer._tokenizer, eos_token="<|end|>", pad_token="<|end|>"
    )
    wrapped.chat_template = template
    wrapped.save_pretrained(folder)
    return wrapped


def save_model(folder: Path, *, layers: int = 2, template: str | None = TEMPLATE) -> Path:
    """A Llama of `layers` layers with a tokenizer trained here; the folder."""
    import torch
    import transformers

    tokenizer = save_tokenizer(folder, template=template)
    torch.manual_seed(0)
    config = transformers.LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=layers,
        num_attention_heads=2,
        max_position_embeddings=WINDOW,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=None,
    )
    transformers.LlamaForCausalLM(config).save_pretrained(folder)
    return folder


def save_adapter(folder: Path, base: Path, *, says: str) -> Path:
    """A LoRA adapter over `base` that was trained to answer everything with one text."""
    import peft
    import torch
    import transformers

    tokenizer = transformers.AutoTokenizer.from_pretrained(base)
    torch.manual_seed(0)
    # The last layer too: random weights beneath it leave little to say with.
    layers = ["q_proj", "v_proj", "up_proj", "down_proj", "lm_head"]
    lora = peft.LoraConfig(r=8, lora_alpha=32, target_modules=layers, task_type="CAUSAL_LM")
    model = peft.get_peft_model(
        transformers.AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32), lora
    )
    batch = tokenizer(f"<|user|>Why is the sky blue?<|end|><|assistant|>{says}<|end|>")
    ids = torch.tensor([batch["input_ids"]])
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    for _ in range(60):
        optimizer.zero_grad()
        model(input_ids=ids, labels=ids).loss.backward()
        optimizer.step()
    model.save_pretrained(str(folder), save_embedding_layers=False)
    return folder
