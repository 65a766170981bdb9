import { explainBy, PYTHON_EXPLANATIONS, type Explanation } from '../common/explain.ts'

const EXPLANATIONS: readonly Explanation[] = [
  {
    pattern:
      /ERROR: the (?:Jupyter|notebook) server could not be started because (?:no available port|port \d+ is not available)/i,
    words: () => 'Its port is taken by another program. Choose another port, or 0 for a free one.'
  },
  {
    pattern: /Running as root is not recommended/,
    words: () => "It does not run as root unless '--allow-root' is among the extra arguments."
  },
  {
    pattern: /No such (?:file or )?directory: '?([^'\n]{1,200})'?/i,
    words: ([, path]) => `There is no folder ${path}. Create it, or correct the profile.`
  }
]

/** Why JupyterLab ended, in words; null when its log says nothing of the kind. */
export const explainJupyterExit = (log: string): string | null =>
  explainBy([...EXPLANATIONS, ...PYTHON_EXPLANATIONS], log)
