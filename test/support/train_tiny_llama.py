"""Trains a tiny Llama with random weights on the real Hugging Face Trainer, on the CPU: for the tests of training jobs.

Takes the options of TrainingArguments, and nothing else. Nothing is downloaded: the model is made here, and its text is
numbers.
"""

import torch
from transformers import HfArgumentParser, LlamaConfig, LlamaForCausalLM, Trainer, TrainingArguments

VOCABULARY = 64
TOKENS = 32
EXAMPLES = 256


class Counting(torch.utils.data.Dataset):
    """Numbers that count on from a start: something that a model of this size learns within a few dozen steps."""

    def __len__(self):
        return EXAMPLES

    def __getitem__(self, index):
        tokens = (torch.arange(TOKENS) + index) % VOCABULARY
        return {"input_ids": tokens, "labels": tokens}


def main():
    (args,) = HfArgumentParser(TrainingArguments).parse_args_into_dataclasses()
    torch.set_num_threads(1)
    config = LlamaConfig(
        vocab_size=VOCABULARY,
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=TOKENS,
    )
    trainer = Trainer(model=LlamaForCausalLM(config), args=args, train_dataset=Counting())
    trainer.train(resume_from_checkpoint=args.resume_from_checkpoint)


if __name__ == "__main__":
    main()
