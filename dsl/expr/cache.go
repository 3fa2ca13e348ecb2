package expr

import (
	"maps"
	"slices"
	"strings"

	"github.com/expr-lang/expr/conf"
)

// Cache keeps what the expressions of a file have in common: the names that there are, and their types, which take longer
// to make known to the checker than an expression takes to check. It is for one goroutine.
type Cache struct {
	configs map[string]*conf.Config
}

// config gives the configuration for an environment.
func (c *Cache) config(env Env, aggregates []string) *conf.Config {
	if c == nil {
		return configure(env, aggregates)
	}
	key := env.names() + "\x05" + strings.Join(aggregates, " ")
	config := c.configs[key]
	if config == nil {
		if c.configs == nil {
			c.configs = map[string]*conf.Config{}
		}
		config = configure(env, aggregates)
		c.configs[key] = config
	}
	return config
}

// names spells what is in scope, with the types of params.
func (env *Env) names() string {
	var b []byte
	for i, name := range env.Params.Shape().Keys() {
		b = append(append(append(b, name...), 0), byte(env.Params.Slots()[i].Kind()))
	}
	for _, name := range slices.Sorted(maps.Keys(env.Unknown)) {
		b = append(append(b, name...), 1)
	}
	for _, name := range env.Vars {
		b = append(append(b, name...), 2)
	}
	if env.Key != nil {
		b = append(b, 3)
	}
	if env.NoItem {
		b = append(b, 4)
	}
	return string(b)
}
