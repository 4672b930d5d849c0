package stack

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// reference is another stack of the same cloud, whose outputs can be read.
type reference struct {
	*pulumi.StackReference
	stack string
}

// newReference refers to a stack by its logical name.
func newReference(ctx *pulumi.Context, config Config, logical string) (*reference, error) {
	stack := config.Stacks[logical]
	name := fmt.Sprintf("%s/%s/%s", ctx.Organization(), ctx.Project(), stack)
	found, err := pulumi.NewStackReference(ctx, logical, &pulumi.StackReferenceArgs{Name: pulumi.String(name)})
	if err != nil {
		return nil, fmt.Errorf("reading the outputs of stack %s: %w", stack, err)
	}
	return &reference{StackReference: found, stack: stack}, nil
}

// text is an output that is a string.
func (r *reference) text(output string) pulumi.StringOutput {
	return r.GetOutput(pulumi.String(output)).ApplyT(func(value any) (string, error) {
		text, ok := value.(string)
		if !ok {
			return "", fmt.Errorf("stack %s has no output %q; run `pulumi up -s %s` first", r.stack, output, r.stack)
		}
		return text, nil
	}).(pulumi.StringOutput)
}

// textAt is a string inside of an output that is a map of maps.
func (r *reference) textAt(output string, path ...string) pulumi.StringOutput {
	return r.GetOutput(pulumi.String(output)).ApplyT(func(value any) (string, error) {
		for _, key := range path {
			inside, _ := value.(map[string]any)
			value = inside[key]
		}
		text, ok := value.(string)
		if !ok {
			return "", fmt.Errorf("stack %s has no output %s; run `pulumi up -s %s` first", r.stack, strings.Join(append([]string{output}, path...), "."), r.stack)
		}
		return text, nil
	}).(pulumi.StringOutput)
}

// secret is one of the shared stack's generated secrets, and stays secret.
func (r *reference) secret(key string) pulumi.StringOutput {
	value := r.GetOutput(pulumi.String("secrets")).ApplyT(func(secrets any) (string, error) {
		byKey, _ := secrets.(map[string]any)
		text, ok := byKey[key].(string)
		if !ok {
			return "", fmt.Errorf("stack %s has no secret %s; run `pulumi up -s %s` first", r.stack, key, r.stack)
		}
		return text, nil
	})
	return pulumi.ToSecret(value).(pulumi.StringOutput)
}
