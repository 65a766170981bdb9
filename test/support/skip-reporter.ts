import type { Reporter, TestCase } from 'vitest/node'

/** Prints each skipped test with its reason; in CI a skip fails the run, so that none goes unnoticed. */
export default class SkipReporter implements Reporter {
  #skipped: string[] = []

  onTestCaseResult(test: TestCase): void {
    const result = test.result()
    if (result.state === 'skipped') {
      this.#skipped.push(`${test.fullName}: ${result.note ?? 'no reason given'}`)
    }
  }

  onTestRunEnd(): void {
    for (const line of this.#skipped) console.log(`SKIPPED ${line}`)
    if (this.#skipped.length > 0 && process.env['CI'] === 'true') {
      console.error(`${this.#skipped.length} skipped test(s): not allowed in CI`)
      process.exitCode = 1
    }
  }
}
