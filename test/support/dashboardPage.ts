import type { Locator, Page } from 'playwright-core'
import { expect } from 'vitest'

type PromisifiedAssertion = ReturnType<typeof expect.poll>

/** How long a page may take for what a test waits for. Only a failure takes so long. */
const PATIENCE_MS = 20_000

/** A fact about a page, which must hold soon. */
export function soon<T>(fact: () => T | Promise<T>): PromisifiedAssertion {
  return expect.poll(fact, { timeout: PATIENCE_MS, interval: 50 })
}

/** The dashboard on a page, as a reader finds things there: by what they are called. */
export class DashboardPage {
  readonly page: Page
  readonly root: Locator

  /** @param root  where there are several */
  constructor(page: Page, root: Locator = page.locator('lakeweir-dashboard')) {
    this.page = page
    this.root = root
  }

  /** A panel, by the name of its file. */
  panel(name: string): Locator {
    return this.root.locator(`section[data-panel="${name}"]`)
  }

  /** Waits until the panels have numbers. */
  async shown(): Promise<void> {
    await this.strip.waitFor()
    await this.root.locator('section[data-panel]').first().waitFor()
    await soon(() => this.root.locator('section[data-panel][data-state=loading]').count()).toBe(0)
  }

  /** All that it says. */
  async text(): Promise<string> {
    return (await this.root.locator('.root').textContent()) ?? ''
  }

  /** What says how fresh the numbers are, once the server was heard. */
  get strip(): Locator {
    return this.root.locator('section.fresh[data-state]')
  }

  freshness(): Promise<string | null> {
    return this.strip.getAttribute('data-state')
  }

  async isState(state: string): Promise<void> {
    await soon(() => this.freshness()).toBe(state)
  }

  /** Waits until the numbers are as new as they can be. */
  async isLive(): Promise<void> {
    await soon(() => this.freshness()).toMatch(/^(fresh|quiet)$/)
  }

  preset(name: string): Locator {
    return this.root.getByRole('radio', { name, exact: true })
  }

  /** The chip of a filter. */
  filter(heading: string): Locator {
    return this.root
      .getByRole('group', { name: 'Filters' })
      .getByRole('button', { name: new RegExp(`(^| )${heading} `, 'i') })
  }

  /** Chooses values of a filter. */
  async choose(heading: string, ...values: readonly string[]): Promise<void> {
    await this.filter(heading).click()
    for (const value of values) {
      await this.root
        .getByRole('group', { name: heading, exact: true })
        .getByRole('checkbox', { name: new RegExp(`^${value}`) })
        .check()
    }
    await this.page.keyboard.press('Escape')
  }

  /** A panel as a table, row by row: headings first. */
  async rowsOf(name: string): Promise<string[][]> {
    const panel = this.panel(name)
    const turn = panel.getByRole('button', { name: 'Table', exact: true })
    if ((await turn.count()) > 0) await turn.click()
    await panel.getByRole('table').first().waitFor()
    return panel.locator('table tr').evaluateAll((rows) => {
      const textOf = (cell: { textContent: string | null }): string => (cell.textContent ?? '').trim()
      return rows.map((row) =>
        [...(row as unknown as { cells: Iterable<{ textContent: string | null }> }).cells].map(textOf),
      )
    })
  }
}
