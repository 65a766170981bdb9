import type { Reporter, TestCase } from 'vitest/node'

/**
 * Prints each skipped test with its reason, then one plain line with the counts. In CI a skip fails the run, so
 * that a test that silently stopped running is noticed.
 */
export default class SkipReporter implements Reporter {
  #skipped: string[] = []
  #passed = 0
  #failed = 0

  onTestCaseResult(test: TestCase): void {
    const result = test.result()
    if (result.state === 'passed') this.#passed += 1
    if (result.state === 'failed') this.#failed += 1
    if (result.state === 'skipped') {
      this.#skipped.push(`${test.fullName}: ${result.note ?? 'no reason given'}`)
    }
  }

  onTestRunEnd(): void {
    for (const line of this.#skipped) console.log(`SKIPPED ${line}`)
    console.log(`${this.#passed} passed, ${this.#failed} failed, ${this.#skipped.length} skipped`)
    if (this.#skipped.length > 0 && process.env['CI'] === 'true') {
      console.error('skipped tests are not allowed in CI')
      process.exitCode = 1
    }
  }
}
