import type { Locator, Page } from 'playwright-core'

/** The guard's question and its page as a user sees them. */
export class GuardPanel {
  readonly page: Page
  constructor(page: Page) {
    this.page = page
  }

  /** The question above every page. */
  get ask(): Locator {
    return this.page.getByRole('alertdialog')
  }
  answer(word: string): Locator {
    return this.ask.getByRole('button', { name: word, exact: true })
  }
  get countdown(): Locator {
    return this.ask.getByRole('timer')
  }
  mode(name: string): Locator {
    return this.page.getByRole('radio', { name: new RegExp(`^${name}`) })
  }
  handle(name: 'Reserve' | 'Floor'): Locator {
    return this.page.getByRole('slider', { name })
  }
  size(name: 'Reserve' | 'Floor'): Locator {
    return this.page.getByRole('textbox', { name, exact: true })
  }
  card(title: string): Locator {
    return this.page.getByRole('region', { name: title, exact: true })
  }
  /** A message above the page. */
  news(text: string): Locator {
    return this.page.locator('.banners .message').filter({ hasText: text })
  }
}
