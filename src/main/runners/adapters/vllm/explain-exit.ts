import { explainBy, PYTHON_EXPLANATIONS, type Explanation } from '../common/explain.ts'

/** What vLLM says before it ends, the most telling first, and what to do about it. */
const EXPLANATIONS: readonly Explanation[] = [
  {
    pattern: /No available memory for the cache blocks/,
    words: () =>
      "The model took its whole share of memory, and none was left for its cache. Raise 'Share of all memory', " +
      'or choose a smaller model.'
  },
  {
    pattern:
      /Free memory on device[^\n]{0,40}\(([\d.]+)\/[\d.]+ GiB\)[^\n]{0,40}less than desired GPU memory utilization \(([\d.]+)/,
    words: ([, free, share]) =>
      `Only ${free} GiB were free, less than the share of ${share} that it is to take. Stop another runner, ` +
      `or lower 'Share of all memory'.`
  },
  {
    pattern:
      /max seq len(?:gth)? \((\d+)\)[^\n]{0,160}(?:larger than the (?:maximum number of tokens|available KV cache)|KV cache is needed)/,
    words: ([, tokens]) =>
      `A context of ${tokens} tokens does not fit into its cache. Choose a shorter context, FP8 for the cache, ` +
      `or raise 'Share of all memory'.`
  },
  {
    pattern: /max_model_len \((\d+)\) is greater than the derived max_model_len \([^)\n]*?(\d+)/,
    words: ([, asked, most]) =>
      `The model allows ${most} tokens of context, not ${asked}. Choose a shorter context, or 0.`
  },
  {
    pattern: /Model architectures \[([^\]\n]{1,120})\] (?:are not supported|failed to be inspected)/,
    words: ([, name]) => `This vLLM cannot run models of the kind ${name}. Update it, or take a newer image.`
  }
]

/** Why vLLM ended, in words, from the end of its log; null when it says nothing of the kind. */
export const explainVllmExit = (logTail: string): string | null =>
  explainBy([...EXPLANATIONS, ...PYTHON_EXPLANATIONS], logTail)
