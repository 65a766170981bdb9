import type { ModelFacts } from '../../../../shared/model/model-facts.ts'

/** Shortest context that a slider offers, in tokens; a shorter one can be typed. */
const LEAST_TOKENS = 512
/** Longest where the model does not say what it was trained with. */
const USUAL_TOKENS = 131_072

/** What the model was trained with; null where it does not say. */
export function trainedContext(facts: ModelFacts | null): number | null {
  const said = facts?.format === 'gguf' ? facts.hparams['context_length'] : facts?.config?.maxPositions
  return typeof said === 'number' && said > 0 ? said : null
}

/** Stops of the slider: powers of two and the middles between them, up to what the model was trained with. */
export function contextSteps(facts: ModelFacts | null): readonly number[] {
  const most = trainedContext(facts) ?? USUAL_TOKENS
  const steps: number[] = []
  for (let tokens = LEAST_TOKENS; tokens < most; tokens *= 2) {
    steps.push(tokens)
    if (tokens * 1.5 < most) steps.push(tokens * 1.5)
  }
  return [...steps, most]
}

/** The stop nearest to what is set; 0 tokens mean the last one: as trained. */
export function stepOf(tokens: number, steps: readonly number[]): number {
  if (tokens <= 0) return steps.length - 1
  const distances = steps.map((step) => Math.abs(Math.log2(step / tokens)))
  return distances.indexOf(Math.min(...distances))
}

/** What a context means beside what the model was trained with, which is null where it does not say. */
export function contextHint(typed: string, trained: number | null): string {
  if (trained === null) return '0 = as trained'
  const tokens = trained.toLocaleString('en')
  return Number(typed) > trained
    ? `Longer than the ${tokens} it was trained with: answers may get worse.`
    : `0 = as trained: ${tokens}`
}
