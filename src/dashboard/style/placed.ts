import { noChange } from 'lit'
import { Directive, type DirectiveResult, directive, type ElementPart } from 'lit/directive.js'

type Placing = Readonly<Record<string, string | undefined>>

/**
 * Sets an element's style by script: `<div ${placed({ left: '5%', '--tint': '20%' })}>`. Lit's own styleMap writes a
 * style attribute at first, which a strict policy of the host refuses.
 */
class Placed extends Directive {
  #set: readonly string[] = []

  override render(_placing: Placing): typeof noChange {
    return noChange
  }

  override update({ element }: ElementPart, [placing]: [Placing]): typeof noChange {
    const { style } = element as HTMLElement
    for (const name of this.#set) if (placing[name] === undefined) style.removeProperty(name)
    for (const [name, value] of Object.entries(placing)) if (value !== undefined) style.setProperty(name, value)
    this.#set = Object.keys(placing)
    return noChange
  }
}

export const placed: (placing: Placing) => DirectiveResult = directive(Placed)
