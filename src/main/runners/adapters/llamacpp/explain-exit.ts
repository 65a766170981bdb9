interface Explanation {
  readonly pattern: RegExp
  readonly words: (match: RegExpExecArray) => string
}

/** What llama-server says before it ends, the most telling first, and what to do about it. */
const EXPLANATIONS: readonly Explanation[] = [
  {
    pattern: /couldn't bind HTTP server socket.*port: (\d+)/,
    words: ([, port]) =>
      `Port ${port} could not be opened: another program has it. Choose another port, or 0 for a free one.`
  },
  {
    pattern: /(?:invalid|unknown) argument: ([^\s=]+)/,
    words: ([, arg]) =>
      `This llama-server does not know the argument ${arg}. Update llama.cpp, or correct the extra arguments.`
  },
  {
    pattern: /error while handling argument "([^"]+)": (.+)/,
    words: ([, arg, why]) =>
      `llama-server does not accept the value of ${arg} (${why}). Correct it in the profile.`
  },
  {
    pattern: /unknown model architecture: '([^']+)'/,
    words: ([, name]) => `This llama-server cannot run models of the kind '${name}'. Update llama.cpp.`
  },
  {
    pattern:
      /out of memory|failed to allocate (?:\S+ )?buffer|std::bad_alloc|cudaMalloc failed|unable to allocate|ErrorOutOfDeviceMemory|cannot allocate memory/i,
    words: () =>
      'There was not enough memory for it. Stop another runner, choose a smaller context, or a smaller model.'
  },
  {
    pattern: /data is not within the file bounds|model is corrupted or incomplete/,
    words: () => 'The model file is damaged or incomplete. Download it again.'
  },
  {
    pattern: /failed to open GGUF file '([^']+)' \(([^)]+)\)/,
    words: ([, path, why]) => `The model file ${path} could not be opened: ${why}.`
  },
  { pattern: /invalid magic characters/, words: () => 'The model file is no GGUF file.' },
  {
    pattern: /error while loading shared libraries: ([^:]+):/,
    words: ([, library]) => `llama-server lacks the library ${library}. Install it, or build llama.cpp again.`
  },
  {
    pattern: /error loading model: (.+)/,
    words: ([, why]) => `The model could not be loaded: ${why}.`
  }
]

const ERROR_LIKE = /\berror\b|\bfailed\b|\bfatal\b|\bassert|\bterminate called\b|\bE\s/i
/** '0.00.010.748 E llama_model_load: …' → the words. */
const LOG_PREFIX = /^\d+\.\d+\.\d+\.\d+\s+[A-Z]\s+/
const MAX_QUOTED_CHARACTERS = 200

/** Why llama-server ended, in words, from the end of its log; null when it says nothing of the kind. */
export function explainLlamaExit(logTail: string): string | null {
  for (const { pattern, words } of EXPLANATIONS) {
    const match = pattern.exec(logTail)
    if (match !== null) return words(match)
  }
  const line = logTail.split('\n').findLast((candidate) => ERROR_LIKE.test(candidate))
  if (line === undefined) return null
  return `It said: ${line.trim().replace(LOG_PREFIX, '').slice(0, MAX_QUOTED_CHARACTERS)}`
}
