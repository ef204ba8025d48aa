META
key;value
description;Participatory budget of a small town
num_votes;3
vote_type;approval
max_length;2
PROJECTS
project_id;cost;votes;name
1;12000;3;Trees on the square
2;8000;1;Benches by the river
3;15000;0;A second car park
VOTES
voter_id;vote
1;1,2
2;1
3;1
