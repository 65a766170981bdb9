import type { Locator, Page } from 'playwright-core'
import type { CommandName } from '../../../src/shared/contract/channels.ts'
import type { CommandInput, CommandOutput } from '../../../src/shared/contract/commands.ts'
import type { WireReply } from '../../../src/shared/contract/wire.ts'
import { until } from '../../support/until.ts'

/** What the preload puts into the page. */
export interface Bridge {
  request(command: string, input: unknown): Promise<unknown>
  onEvent(listener: (message: unknown) => void): () => void
}
declare global {
  // The page's own global, seen from functions that run inside it.
  var firebreak: Bridge
}

export interface NewModel {
  readonly path: string
  readonly name: string
  readonly extraArgs?: string
}

/** The panel as a user sees it: found by role and word, not by how it is built. */
export class Panel {
  readonly page: Page
  constructor(page: Page) {
    this.page = page
  }

  async go(name: 'Overview' | 'Models' | 'Guard' | 'Settings'): Promise<void> {
    await this.page.getByRole('navigation').getByRole('button', { name, exact: true }).click()
  }

  /** The card of a model on the Overview. */
  card(name: string): Locator {
    return this.page.getByRole('article', { name: `Model ${name}` })
  }
  /** The row of a model on the Models page. */
  row(name: string): Locator {
    return this.page.getByRole('listitem').filter({ has: this.page.getByText(name, { exact: true }) })
  }
  /** A figure of the machine on the Overview: its name and value. */
  figure(name: string): Locator {
    return this.page
      .getByRole('term')
      .filter({ hasText: new RegExp(`^${name}$`) })
      .locator('..')
  }
  startButton(name: string): Locator {
    return this.page.getByRole('button', { name: `Start ${name}`, exact: true })
  }
  stopButton(name: string): Locator {
    return this.page.getByRole('button', { name: `Stop ${name}`, exact: true })
  }

  /** Models page: the empty form of a kind, or its steps where it is to be set up. */
  async newOf(kind: string, how: 'New' | 'Set up' = 'New'): Promise<void> {
    await this.page.getByRole('button', { name: 'New…' }).click()
    await this.page.getByRole('button', { name: `${how} ${kind}`, exact: true }).click()
  }

  /** Models page: any file by its path, saved and started. */
  async startByPath(model: NewModel): Promise<void> {
    await this.go('Models')
    await this.newOf('llama.cpp')
    await this.page.getByLabel('Model file').fill(model.path)
    await this.page.getByLabel('Name', { exact: true }).fill(model.name)
    if (model.extraArgs !== undefined) {
      await this.page.getByText('Advanced', { exact: true }).click()
      await this.page.getByLabel('Extra arguments').fill(model.extraArgs)
    }
    await this.startButton(model.name).click()
  }

  /** A command of the contract, through the preload as the page itself sends it. */
  async call<K extends CommandName>(command: K, input: CommandInput<K>): Promise<CommandOutput<K>> {
    const reply = await this.raw(command, input)
    if (!reply.ok) throw new Error(`${command}: ${reply.error.code}: ${reply.error.message}`)
    return reply.value as CommandOutput<K>
  }
  /** The reply as it comes, errors too. */
  async raw(command: string, input: unknown): Promise<WireReply> {
    return await this.page.evaluate(
      async (message) => (await globalThis.firebreak.request(message.command, message.input)) as never,
      { command, input } as { command: string; input: unknown }
    )
  }

  /** Waits until a text on the page is another one than it was. */
  async changes(what: Locator): Promise<void> {
    const before = await what.innerText()
    await until(`'${before}' to change`, async () => (await what.innerText()) !== before)
  }
}
