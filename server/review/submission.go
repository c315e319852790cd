package review

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// submissionSchema names the shape of the file that the form imports.
const submissionSchema = "https://developers.openai.com/apps-sdk/schemas/chatgpt-app-submission.v1.json"

// Submission is the file that the form of a submission fills itself in from:
// the texts, the reasons for the hints, the test cases.
type Submission struct {
	Schema   string                   `json:"$schema"`
	Version  int                      `json:"schema_version"`
	App      SubmittedApp             `json:"app_info"`
	Tools    map[string]SubmittedTool `json:"tools"`
	Cases    []SubmittedCase          `json:"test_cases,omitempty"`
	Negative []SubmittedCase          `json:"negative_test_cases,omitempty"`
}

// SubmittedApp is what the store shows of the app. The subtitle has at most 30
// characters.
type SubmittedApp struct {
	Name        string `json:"display_name"`
	Subtitle    string `json:"subtitle"`
	Description string `json:"description"`
	Category    string `json:"category"`
}

// SubmittedTool is a tool's hints with their reasons.
type SubmittedTool struct {
	Annotations    SubmittedHints   `json:"annotations"`
	Justifications SubmittedReasons `json:"justifications"`
}

// SubmittedHints are the hints that the form asks about.
type SubmittedHints struct {
	ReadOnly    bool `json:"readOnlyHint"`
	OpenWorld   bool `json:"openWorldHint"`
	Destructive bool `json:"destructiveHint"`
}

// SubmittedReasons are the reasons for them.
type SubmittedReasons struct {
	ReadOnly    string `json:"read_only_justification"`
	OpenWorld   string `json:"open_world_justification"`
	Destructive string `json:"destructive_justification"`
}

// SubmittedCase is a test case. Tools is nil for one that the app must not be
// triggered by.
type SubmittedCase struct {
	Description string   `json:"description"`
	Prompt      string   `json:"user_prompt"`
	Files       []string `json:"file_attachment_urls"`
	Tools       *string  `json:"tools_triggered"` // names with commas
	Outcome     string   `json:"expected_output"`
	URL         *string  `json:"expected_output_url"`
}

// Submission makes the file for the form out of a report.
func (r *Report) Submission() Submission {
	s := Submission{Schema: submissionSchema, Version: 1, Tools: make(map[string]SubmittedTool, len(r.Tools)),
		App: SubmittedApp{Name: r.Name, Subtitle: subtitle(r.Name), Category: "SHOPPING",
			Description: fmt.Sprintf("Find products of %[1]s, look at variants, prices and stock, and build a cart with delivery, tax and the total. "+
				"The buyer checks everything before paying, and can ask afterwards how an order is doing. %[1]s sells and delivers the goods.", r.Name)}}
	for _, t := range r.Tools {
		s.Tools[t.Name] = SubmittedTool{SubmittedHints{t.ReadOnly, t.OpenWorld, t.Destructive},
			SubmittedReasons{t.Reasons.ReadOnly, t.Reasons.OpenWorld, t.Reasons.Destructive}}
	}
	s.Cases, s.Negative = submitted(r.Cases, formPositive), submitted(r.Negative, formNegative)
	return s
}

// subtitle says what the app does.
func subtitle(name string) string {
	if text := "Shop at " + name; utf8.RuneCountInString(text) <= maxName {
		return text
	}
	return "Find products and buy them"
}

// submitted are the cases for the form; none when there are too few, since it
// refuses those.
func submitted(cases []Case, n int) []SubmittedCase {
	var list []SubmittedCase
	for _, c := range cases {
		if !c.Form {
			continue
		}
		one := SubmittedCase{Description: c.Purpose, Prompt: c.Prompt, Outcome: c.Outcome}
		if len(c.Calls) > 0 {
			var names []string
			for _, call := range c.Calls {
				if len(names) == 0 || names[len(names)-1] != call.Tool {
					names = append(names, call.Tool)
				}
			}
			tools := strings.Join(names, ", ")
			one.Tools = &tools
		}
		list = append(list, one)
	}
	if len(list) < n {
		return nil
	}
	return list
}
