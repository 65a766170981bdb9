import { defineConfig } from 'vitest/config'

const common = { environment: 'node' as const, setupFiles: ['test/support/leak-check.ts'] }

export default defineConfig({
  test: {
    reporters: ['default', './test/support/skip-reporter.ts'],
    projects: [
      { test: { ...common, name: 'unit', include: ['test/unit/**/*.test.{ts,tsx}'] } },
      { test: { ...common, name: 'contract', include: ['test/contract/**/*.test.ts'] } },
      { test: { ...common, name: 'architecture', include: ['test/architecture/**/*.test.ts'] } },
      {
        test: {
          ...common,
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000
        }
      },
      {
        test: {
          ...common,
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 180_000
        }
      }
    ]
  }
})
